import { Button } from "#ui/button.tsx";
import { EmptyState } from "#ui/empty-state.tsx";

const CODE = `const room = client.channel("room:1");
room.subscribe();
room.send({ type: "broadcast", event: "hello", payload: { text: "hi" } });`;

export function QuietTail({ filtered, onCompose }: { filtered: boolean; onCompose: () => void }) {
  if (filtered) {
    return (
      <EmptyState title="Nothing has matched yet">
        The tail is open; the first event that matches the filter appears here.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Nothing has happened yet"
      code={{ text: CODE, language: "ts", label: "A first message" }}
      action={<Button onClick={onCompose}>Compose a message</Button>}
    >
      Joins, messages, presence, row changes, refusals and closes of every client appear here the moment they
      happen.
    </EmptyState>
  );
}
