import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import type { RegionView } from "#server/views/fleet.ts";

export interface LatencyCell {
  p50Ms: number;
  p99Ms: number;
  /** Share of probes without an answer, 0 to 1. */
  lost: number;
}

export interface LatencyRow {
  from: string;
  /** In the order of `regions`; null where nobody has measured. */
  cells: (LatencyCell | null)[];
}

/** From each region to each: the middle of its nodes' medians, the worst of their 99th percentiles. */
export function toMatrix(regions: readonly RegionView[]): { regions: string[]; rows: LatencyRow[] } {
  const ids = regions.filter(({ nodes }) => nodes.some(({ routes }) => routes !== null)).map(({ id }) => id);
  const rows = ids.map((from) => {
    const nodes = regions.find(({ id }) => id === from)?.nodes ?? [];
    const peers = nodes.flatMap(({ routes }) => routes?.peers ?? []);
    return { from, cells: ids.map((to) => toCell(peers.filter(({ region }) => region === to))) };
  });
  return { regions: ids, rows };
}

/** Everybody who is served from a region although another is clearly nearer; each once, the longest first. */
export function misroutesOf(regions: readonly RegionView[]): Misroute[] {
  const all = regions.flatMap(({ nodes }) => nodes.flatMap(({ routes }) => routes?.misroutes ?? []));
  return all.sort((a, b) => a.sinceMs - b.sinceMs);
}

/** Whether a misroute points from one region to another: the cell that is to blame. */
export function isMisrouted(misroutes: readonly Misroute[], from: string, to: string): boolean {
  return misroutes.some(({ region, betterRegion }) => region === from && betterRegion === to);
}

type Peer = { p50Ms: number; p99Ms: number; samples: number; lost: number };

function toCell(peers: readonly Peer[]): LatencyCell | null {
  if (peers.length === 0) return null;
  const medians = peers.map(({ p50Ms }) => p50Ms).sort((a, b) => a - b);
  const lost = peers.reduce((sum, peer) => sum + peer.lost, 0);
  const probes = peers.reduce((sum, peer) => sum + peer.lost + peer.samples, 0);
  return {
    p50Ms: medians[Math.floor((medians.length - 1) / 2)] ?? 0,
    p99Ms: Math.max(...peers.map(({ p99Ms }) => p99Ms)),
    lost: probes === 0 ? 0 : lost / probes,
  };
}
