import type { SparkPoint } from "#ui/sparkline-path.ts";

export interface ChartSeries {
  id: string;
  label: string;
  /** A CSS colour, e.g. `var(--stage-2)`. */
  colour: string;
  /** An SVG dash pattern: lines differ by more than their colour. */
  dash?: string;
  points: readonly SparkPoint[];
}

export interface ChartRow {
  atMs: number;
  values: Record<string, number | null>;
}

/**
 * Lines several series up by time, at whole steps. A series without a sample in a step has null there: a chart must
 * break its line, never draw a zero that nobody measured.
 */
export function toChartRows(series: readonly ChartSeries[], stepMs: number): ChartRow[] {
  const rows = new Map<number, ChartRow>();
  for (const { id, points } of series) {
    for (const [atMs, value] of points) {
      const at = Math.floor(atMs / stepMs) * stepMs;
      let row = rows.get(at);
      if (!row) {
        row = { atMs: at, values: Object.fromEntries(series.map((one) => [one.id, null])) };
        rows.set(at, row);
      }
      row.values[id] = value;
    }
  }
  return withHoles(
    [...rows.values()].sort((a, b) => a.atMs - b.atMs),
    series,
    stepMs,
  );
}

/** Puts one empty row into every hole of more than three steps, so that the line is lifted over it. */
function withHoles(rows: ChartRow[], series: readonly ChartSeries[], stepMs: number): ChartRow[] {
  const empty = Object.fromEntries(series.map(({ id }) => [id, null]));
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    const hole = next !== undefined && next.atMs - row.atMs > 3 * stepMs;
    return hole ? [row, { atMs: row.atMs + stepMs, values: empty }] : [row];
  });
}

/** Round times for an axis: at most `count` of them, on whole minutes, hours or days of the reader's zone. */
export function timeTicks(fromMs: number, toMs: number, count: number): number[] {
  const stepMs = STEPS_MS.find((step) => (toMs - fromMs) / step <= count) ?? DAY_MS;
  const zoneMs = new Date(fromMs).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((fromMs - zoneMs) / stepMs) * stepMs + zoneMs; at <= toMs; at += stepMs)
    ticks.push(at);
  return ticks;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);

export type Scale = "decimal" | "bytes";

/**
 * The top of an axis, so that the scale does not shake: the next of 1, 2, 2.5, 5 times a power of ten; for bytes the
 * next power of two.
 */
export function niceMax(value: number, scale: Scale = "decimal"): number {
  if (!(value > 0)) return 1;
  if (scale === "bytes") return 2 ** Math.ceil(Math.log2(Math.max(value, 4)));
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((factor) => value <= factor * power) ?? 10;
  return step * power;
}

/** Steps from zero to a top of {@link niceMax} that are round themselves. */
export function valueTicks(top: number, scale: Scale = "decimal"): number[] {
  const steps = scale === "bytes" ? 4 : 5;
  return Array.from({ length: steps + 1 }, (_, index) => (top * index) / steps);
}
