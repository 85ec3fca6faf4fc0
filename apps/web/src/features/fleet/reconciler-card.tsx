import type { ReconcilerView } from "#server/views/fleet.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { ErrorState } from "#ui/error-state.tsx";
import { ClockTime, RelativeTime } from "#ui/relative-time.tsx";

const ROLE: Record<ReconcilerView["role"], string> = {
  leader: "This dashboard server leads: it starts and stops nodes.",
  follower: "Another dashboard server leads; this one stands by and shows what that one does.",
  off: "Nodes are run by something else (TIDEWIRE_FLEET=off).",
};

/** What keeps desired and actual together, and what it has done lately. */
export function ReconcilerCard({ reconciler }: { reconciler: ReconcilerView }) {
  return (
    <Card aria-label="Reconciler">
      <CardHeader
        title="Reconciler"
        description={ROLE[reconciler.role]}
        actions={
          reconciler.lastPassAtMs === null ? null : (
            <span className="text-muted text-xs">
              last pass <RelativeTime atMs={reconciler.lastPassAtMs} />
            </span>
          )
        }
      />
      <CardBody className="flex flex-col gap-3">
        {reconciler.problems.map((problem) => (
          <ErrorState key={problem} sentence={problem} />
        ))}
        {reconciler.role === "off" ? null : reconciler.actions.length === 0 ? (
          <p className="text-muted text-sm">It had nothing to do since it began to lead.</p>
        ) : (
          <ol aria-label="What it did" className="flex max-h-72 flex-col gap-1 overflow-y-auto text-sm">
            {reconciler.actions.map(({ atMs, sentence }) => (
              <li key={`${atMs} ${sentence}`} className="flex gap-3">
                <ClockTime atMs={atMs} className="text-faint text-xs leading-5" />
                <span>{sentence}</span>
              </li>
            ))}
          </ol>
        )}
      </CardBody>
    </Card>
  );
}
