import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ReactNode } from "react";
import { formatBytes, formatCount, formatPercent, formatRate } from "#lib/format.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Meter } from "#ui/meter.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { type Status, StatusMark } from "#ui/status-mark.tsx";

const STATE: Record<ReplicationSnapshot["state"], Status> = {
  connecting: "busy",
  streaming: "ok",
  lost: "bad",
  idle: "idle",
};

/** Slot, home and database budget, as the home tells them. */
export function Facts({ home }: { home: ReplicationSnapshot }) {
  return (
    <div className="grid gap-4 lg:grid-cols-3">
      <Group title="Slot">
        <DefinitionList
          items={[
            {
              term: "State",
              value: (
                <span className="flex items-center gap-1.5">
                  <StatusMark status={STATE[home.state]} label="" />
                  {home.state}
                  {home.stateReason ? <span className="text-muted">: {home.stateReason}</span> : null}
                </span>
              ),
            },
            { term: "Slot", value: <Copyable text={home.slot} what="slot name" /> },
            { term: "WAL status", value: home.walStatus ?? "–" },
            { term: "Confirmed", value: <Lsn lsn={home.confirmedLsn} what="confirmed LSN" /> },
            { term: "Server", value: <Lsn lsn={home.serverLsn} what="server LSN" /> },
            { term: "Restart", value: <Lsn lsn={home.restartLsn} what="restart LSN" /> },
            {
              term: "Retained",
              value: (
                <>
                  {formatBytes(home.retainedBytes)} of {formatBytes(home.retainedBytesMax)}
                  <Meter
                    label="Retained WAL"
                    value={home.retainedBytes ?? 0}
                    max={home.retainedBytesMax}
                    className="mt-1.5"
                  />
                </>
              ),
            },
          ]}
        />
      </Group>
      <Group title="Home">
        <DefinitionList
          items={[
            { term: "Node", value: <Copyable text={home.node} what="home node" /> },
            { term: "Region", value: <span className="font-mono text-xs">{home.region}</span> },
            { term: "Since", value: <RelativeTime atMs={home.homeSinceMs} /> },
            { term: "Epoch", value: formatCount(home.epoch) },
            { term: "Changes", value: `${formatRate(home.changesPerSecond)}/s` },
            { term: "Shapes", value: formatCount(home.shapes) },
          ]}
        />
      </Group>
      <Group title="Database budget">
        <Pool pool={home.pool} />
      </Group>
    </div>
  );
}

function Pool({ pool }: { pool: ReplicationSnapshot["pool"] }) {
  const asked = pool.hits + pool.misses;
  return (
    <DefinitionList
      items={[
        {
          term: "In use",
          value: (
            <>
              {pool.inUse} of {pool.size} connections, and one for the stream
              <Meter label="Pool in use" value={pool.inUse} max={pool.size} className="mt-1.5" />
            </>
          ),
        },
        { term: "Waiting", value: formatCount(pool.queued) },
        { term: "Coalesced", value: `${formatCount(pool.coalesced)} checks shared another's answer` },
        {
          term: "Cache",
          value:
            asked === 0
              ? "–"
              : `${formatPercent(pool.hits / asked)} of ${formatCount(asked)} checks answered without a query`,
        },
      ]}
    />
  );
}

function Lsn({ lsn, what }: { lsn: string | undefined; what: string }) {
  return lsn === undefined ? <>–</> : <Copyable text={lsn} what={what} />;
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card aria-label={title}>
      <CardHeader title={title} />
      <CardBody>{children}</CardBody>
    </Card>
  );
}
