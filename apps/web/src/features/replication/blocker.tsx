import type { SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import { formatDuration } from "#lib/format.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { StatusMark } from "#ui/status-mark.tsx";

/** The transaction that keeps the slot's WAL from being freed, with what ends it. */
export function Blocker({ blocker }: { blocker: SlotBlocker }) {
  const { pid, user, application, database, ageMs, query, queryStartMs, state } = blocker;
  const where = database === undefined ? "" : ` in database ${database}`;
  return (
    <Card aria-label="Blocker" className="border-warn/50">
      <CardHeader
        title={
          <span className="flex items-center gap-2">
            <StatusMark status="warn" label="" />
            Process {pid} pins the slot: its transaction has been open for {formatDuration(ageMs)}
          </span>
        }
        description={`It has written${where} and is not at its end, so Postgres keeps all WAL since its beginning, for this slot and every other.`}
      />
      <CardBody className="grid gap-x-8 gap-y-3 lg:grid-cols-[minmax(16rem,1fr)_2fr]">
        <DefinitionList
          items={[
            { term: "Process", value: <span className="font-mono text-xs">{pid}</span> },
            { term: "User", value: user },
            { term: "Application", value: application ?? "–" },
            { term: "State", value: state || "–" },
            { term: "Last query", value: <RelativeTime atMs={queryStartMs} /> },
          ]}
        />
        <div className="flex min-w-0 flex-col gap-2">
          {query === "" ? null : <CodeBlock text={query} language="sql" label="Its query" wrap />}
          <CodeBlock
            text={`select pg_terminate_backend(${pid}); -- ends it; its work is rolled back`}
            language="sql"
            label="What ends it"
            wrap
          />
        </div>
      </CardBody>
    </Card>
  );
}
