import { Card } from "#ui/card.tsx";
import { EmptyState } from "#ui/empty-state.tsx";

const LISTEN = `client
  .channel("changes")
  .on("postgres_changes", { event: "*", schema: "public", table: "messages" }, console.log)
  .subscribe();`;

export function NoHome() {
  return (
    <Card>
      <EmptyState
        title="No node is home of this project now"
        code={{ text: LISTEN, language: "ts", label: "Listen to row changes" }}
      >
        Either nothing has needed its database lately, so no connection is held, or another node is taking
        over right now. A channel that listens to row changes, or is private, elects a home within moments.
      </EmptyState>
    </Card>
  );
}
