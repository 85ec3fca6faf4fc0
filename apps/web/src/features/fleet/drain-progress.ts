import type { NodeView } from "#server/views/fleet.ts";

/** Most connections a node has shown since this page was opened; what has gone of them has moved. */
export type Peaks = ReadonlyMap<string, number>;

export function trackPeaks(peaks: Peaks, nodes: readonly NodeView[]): Peaks {
  const next = new Map<string, number>();
  for (const { id, connections } of nodes) next.set(id, Math.max(peaks.get(id) ?? 0, connections ?? 0));
  return next;
}

export interface DrainProgress {
  moved: number;
  of: number;
}

/** How far a draining node is; null for one that is not draining, or whose beginning this page has not seen. */
export function drainProgress({ id, health, connections }: NodeView, peaks: Peaks): DrainProgress | null {
  const of = peaks.get(id) ?? 0;
  if (health !== "draining" || connections === null || of === 0) return null;
  return { moved: of - connections, of };
}
