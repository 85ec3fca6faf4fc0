import type { Point } from "#server/views/survey.ts";

/** More than this per series no chart shows; the oldest go first. */
const LIVE_POINTS_MAX = 1_200;

export type LivePoints = Readonly<Record<string, readonly Point[]>>;

/** Appends what was just seen. A value that is not known now leaves its series as it is: a hole, not a zero. */
export function appendPoints(
  points: LivePoints,
  atMs: number,
  values: Readonly<Record<string, number | null | undefined>>,
): LivePoints {
  const next: Record<string, readonly Point[]> = { ...points };
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    const series = next[name] ?? [];
    if ((series.at(-1)?.[0] ?? 0) >= atMs) continue;
    next[name] = [...series.slice(-LIVE_POINTS_MAX + 1), [atMs, value]];
  }
  return next;
}

/** History as far as it reaches, then what this page has seen itself since. */
export function joinPoints(history: readonly Point[] = [], live: readonly Point[] = [], fromMs = 0): Point[] {
  const lastMs = history.at(-1)?.[0] ?? 0;
  return [...history, ...live.filter(([atMs]) => atMs > lastMs)].filter(([atMs]) => atMs >= fromMs);
}
