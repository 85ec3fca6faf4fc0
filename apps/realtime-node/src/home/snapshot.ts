import type { Percentiles, ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { formatLsn } from "../wal/lsn.ts";
import type { SlotStatus } from "../wal/slot.ts";
import type { ChangeEngine } from "./change-engine.ts";
import type { GrantCache } from "./grant-cache.ts";
import type { PoolGauges } from "./pool.ts";
import type { Replication } from "./replication.ts";

interface Parts {
  node: string;
  region: string;
  nowMs: number;
  homeSinceMs: number;
  replication: Pick<Replication, "state" | "slot" | "lagMs" | "outages" | "ackedLsn" | "sender">;
  engine: Pick<ChangeEngine, "epoch" | "shapes" | "catalog" | "publisher">;
  slot: SlotStatus | null;
  pool: PoolGauges;
  grants: Pick<GrantCache, "hits" | "misses" | "coalesced" | "stale">;
  retainedBytesMax: number;
  changesPerSecond: number;
  /** From the bus to the socket, as this node's own receivers measure it. */
  socket: Percentiles | undefined;
}

/** What the replication page shows of a home. */
export function toReplicationSnapshot(parts: Parts): ReplicationSnapshot {
  const { replication, engine, slot, nowMs, socket } = parts;
  const { state } = replication;
  const stages = engine.publisher.lag.stages(nowMs);
  return {
    node: parts.node,
    region: parts.region,
    epoch: engine.epoch,
    homeSinceMs: parts.homeSinceMs,
    state: state.kind === "stopped" ? "idle" : state.kind,
    stateReason: state.kind === "lost" ? state.refusal.message : undefined,
    slot: replication.slot,
    walStatus: slot?.walStatus,
    confirmedLsn: slot?.confirmedLsn && formatLsn(slot.confirmedLsn),
    serverLsn: slot === null ? undefined : formatLsn(slot.serverLsn),
    restartLsn: slot?.restartLsn && formatLsn(slot.restartLsn),
    retainedBytes: slot?.retainedBytes,
    lagBytes: slot?.lagBytes,
    lagMs: replication.lagMs,
    retainedBytesMax: parts.retainedBytesMax,
    stages: socket === undefined ? stages : { ...stages, socket },
    total: engine.publisher.lag.total(nowMs),
    changesPerSecond: parts.changesPerSecond,
    shapes: engine.shapes.size,
    tables: tablesOf(engine),
    blocker: slot?.blocker,
    sender: replication.sender,
    outages: replication.outages.records.map((outage) => ({ ...outage })),
    pool: { ...parts.pool, ...pick(parts.grants) },
  };
}

function tablesOf({ catalog, shapes, publisher }: Parts["engine"]): ReplicationSnapshot["tables"] {
  return [...catalog.tables].map(({ oid, schema, name, rowSecurity }) => ({
    schema,
    table: name,
    rls: rowSecurity,
    changes: publisher.changesOf(schema, name),
    classes: new Set([...(shapes.on(oid) ?? [])].map(({ classKey }) => classKey)).size,
  }));
}

function pick({ hits, misses, coalesced, stale }: Parts["grants"]): Parts["grants"] {
  return { hits, misses, coalesced, stale };
}
