export type SparkPoint = readonly [atMs: number, value: number];

interface Box {
  width: number;
  height: number;
  /** Neighbours further apart than this are not joined: a missing sample is a hole, not a slope. */
  gapMs: number;
}

/** An SVG path through the points, with zero at the bottom; a hole in time lifts the pen. Empty without two points. */
export function sparklinePath(points: readonly SparkPoint[], { width, height, gapMs }: Box): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || first[0] === last[0]) return "";
  const top = Math.max(...points.map(([, value]) => value));
  const spanMs = last[0] - first[0];
  let previousMs: number | undefined;
  let path = "";
  for (const [atMs, value] of points) {
    const x = ((atMs - first[0]) / spanMs) * width;
    const y = top > 0 ? height - (value / top) * height : height;
    path += `${previousMs === undefined || atMs - previousMs > gapMs ? "M" : "L"}${round(x)} ${round(y)}`;
    previousMs = atMs;
  }
  return path;
}

/**
 * The distance above which neighbours count as apart: three usual steps. `stepMs` is the longest that is usual, where a
 * history in long steps goes on with live points in short ones.
 */
export function usualGapMs(points: readonly SparkPoint[], stepMs = 0): number {
  const steps = points.slice(1).map(([atMs], index) => atMs - (points[index]?.[0] ?? atMs));
  steps.sort((a, b) => a - b);
  return 3 * Math.max(stepMs, steps[Math.floor(steps.length / 2)] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
