import { COUNTER_NAMES } from "@tidewire/db/sample-names";
import type { ProjectCounters, ProjectSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ProjectRates, RegionShare } from "../../views/overview.ts";

const NAMES = ["connections", "channels", ...COUNTER_NAMES] as const satisfies (keyof ProjectCounters)[];

export function sumCounters(snapshots: readonly ProjectSnapshot[]): ProjectCounters {
  const sum = Object.fromEntries(NAMES.map((name) => [name, 0])) as unknown as ProjectCounters;
  for (const { counters } of snapshots) for (const name of NAMES) sum[name] += counters[name];
  return sum;
}

/**
 * Growth per second between two rounds of answers, over the nodes that are in both. A node whose counters went back has
 * started anew in between: it is left out of this round. Null when no node can be compared.
 */
export function toRates(
  before: readonly ProjectSnapshot[],
  now: readonly ProjectSnapshot[],
): ProjectRates | null {
  const earlier = new Map(before.map((snapshot) => [snapshot.node, snapshot]));
  const rates = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as unknown as ProjectRates;
  let compared = 0;
  for (const snapshot of now) {
    const previous = earlier.get(snapshot.node);
    const seconds = previous === undefined ? 0 : (snapshot.atMs - previous.atMs) / 1000;
    if (previous === undefined || seconds <= 0) continue;
    const growth = COUNTER_NAMES.map((name) => snapshot.counters[name] - previous.counters[name]);
    if (growth.some((by) => by < 0)) continue;
    compared++;
    for (const [index, name] of COUNTER_NAMES.entries()) rates[name] += (growth[index] ?? 0) / seconds;
  }
  return compared === 0 ? null : rates;
}

export function toRegionShares(snapshots: readonly ProjectSnapshot[]): RegionShare[] {
  const shares = new Map<string, RegionShare>();
  for (const { region, counters } of snapshots) {
    const share = shares.get(region) ?? { region, nodes: 0, connections: 0, channels: 0 };
    share.nodes++;
    share.connections += counters.connections;
    share.channels += counters.channels;
    shares.set(region, share);
  }
  return [...shares.values()].sort((a, b) => a.region.localeCompare(b.region));
}
