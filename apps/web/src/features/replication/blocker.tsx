import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { formatDuration } from "#lib/format.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { StatusMark } from "#ui/status-mark.tsx";

/** The transaction that keeps the slot from moving, with what ends it. */
export function Blocker({ blocker }: { blocker: NonNullable<ReplicationSnapshot["blocker"]> }) {
  const { pid, user, ageMs, query, state } = blocker;
  return (
    <Card aria-label="Blocker" className="border-warn/50">
      <CardHeader
        title={
          <span className="flex items-center gap-2">
            <StatusMark status="warn" label="" />A transaction of {user} has been open for{" "}
            {formatDuration(ageMs)}
          </span>
        }
        description={`Process ${pid}, ${state}. Until it ends, Postgres keeps the WAL behind it.`}
      />
      <CardBody className="flex flex-col gap-2">
        <CodeBlock text={query} language="sql" label="Its query" />
        <CodeBlock
          text={`select pg_terminate_backend(${pid}); -- ends it; its work is rolled back`}
          language="sql"
          label="What ends it"
        />
      </CardBody>
    </Card>
  );
}
