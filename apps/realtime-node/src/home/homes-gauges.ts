import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { Gauge, type Registry } from "prom-client";

/** The homes of this node, as far as gauges go. */
interface Homes {
  readonly refs: readonly string[];
  snapshot(ref: string): ReplicationSnapshot | null;
}

/** Name, help, and the number of one home; undefined is not shown. */
const GAUGES = [
  ["tidewire_home_streaming", "1 while the change stream runs", ({ state }) => Number(state === "streaming")],
  ["tidewire_home_lag_milliseconds", "Commit to node, by a probe", ({ lagMs }) => lagMs],
  ["tidewire_home_slot_retained_bytes", "WAL kept for the slot", ({ retainedBytes }) => retainedBytes],
  ["tidewire_home_shapes", "Distinct shapes behind all bindings", ({ shapes }) => shapes],
  ["tidewire_home_pool_size", "The project's connection budget", ({ pool }) => pool.size],
  ["tidewire_home_pool_in_use", "Connections at work", ({ pool }) => pool.inUse],
  ["tidewire_home_pool_queued", "Work that waits for a connection", ({ pool }) => pool.queued],
  [
    "tidewire_home_pool_wait_milliseconds",
    "Wait for a connection, of recent work",
    ({ pool }) => pool.waitMs,
  ],
  ["tidewire_home_checks_hit", "Checks answered from the cache", ({ pool }) => pool.hits],
  ["tidewire_home_checks_coalesced", "Checks that shared another's answer", ({ pool }) => pool.coalesced],
  ["tidewire_home_checks_missed", "Checks that reached the database", ({ pool }) => pool.misses],
  ["tidewire_home_checks_stale", "Old answers given while the database was away", ({ pool }) => pool.stale],
] as const satisfies [string, string, (home: ReplicationSnapshot) => number | undefined][];

/** Exposes every home of this node; its numbers start again when the home moves. Read when Prometheus asks. */
export function exposeHomes(registry: Registry, homes: Homes): void {
  for (const [name, help, read] of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ["tenant"],
      registers: [registry],
      collect() {
        this.reset();
        for (const tenant of homes.refs) {
          const snapshot = homes.snapshot(tenant);
          const value = snapshot === null ? undefined : read(snapshot);
          if (value !== undefined) this.set({ tenant }, value);
        }
      },
    });
  }
}
