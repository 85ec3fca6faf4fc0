import { formatBytes, formatDuration } from "#lib/format.ts";
import type { DatabaseWitness, SlotFacts } from "#server/views/replication.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";

/** What the project's database says of the slot, while no node can. */
export function DatabaseWitnessCard({ witness }: { witness: DatabaseWitness }) {
  return (
    <Card aria-label="What the database says">
      <CardHeader
        title="What the database says"
        description={
          <>
            Asked by this dashboard itself, <RelativeTime atMs={witness.askedAtMs} />, because no node streams
            from it.
          </>
        }
      />
      <CardBody>
        {witness.kind === "silent" ? (
          <p className="text-bad text-sm">{witness.reason}</p>
        ) : witness.slot === null ? (
          <p className="text-muted text-sm">
            There is no slot: nothing is kept for this project, and nothing was promised to anybody.
          </p>
        ) : (
          <DefinitionList items={toItems(witness.slot)} className="lg:max-w-2xl" />
        )}
      </CardBody>
    </Card>
  );
}

function toItems(slot: SlotFacts) {
  const { holder, inactiveForMs, unmovedForMs } = slot;
  return [
    { term: "Slot", value: <Copyable text={slot.name} what="slot name" /> },
    {
      term: "Read by",
      value:
        holder === null
          ? `nobody${inactiveForMs === null ? "" : `, for ${formatDuration(inactiveForMs)}`}`
          : `process ${holder.pid}, ${holder.application || "unnamed"} of ${holder.user}${holder.address === null ? "" : ` from ${holder.address}`}, connected for ${formatDuration(holder.connectedForMs)}`,
    },
    {
      term: "Confirmed",
      value: (
        <>
          {slot.confirmedLsn === null ? "–" : <Copyable text={slot.confirmedLsn} what="confirmed LSN" />}
          {unmovedForMs >= 1_000 ? (
            <span className="text-muted"> unmoved for at least {formatDuration(unmovedForMs)}</span>
          ) : null}
        </>
      ),
    },
    { term: "Server", value: <Copyable text={slot.serverLsn} what="server LSN" /> },
    { term: "Waiting", value: formatBytes(slot.lagBytes) },
    { term: "Retained", value: formatBytes(slot.retainedBytes) },
    { term: "WAL status", value: slot.walStatus ?? "–" },
  ];
}
