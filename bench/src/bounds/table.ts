import { median } from "../percentile.ts";

export const COLUMNS = ["what", "promise", "trials", "p50", "max", "kept"] as const;

type Row = (string | number)[];

/** Every trial took some time, and the longest is what was promised or not. */
export function timed(what: string, took: readonly number[], boundMs?: number): Row {
  const maxMs = Math.max(...took);
  const promise = boundMs === undefined ? "-" : `at most ${boundMs} ms`;
  const kept = boundMs === undefined ? "-" : maxMs <= boundMs ? "yes" : "no";
  return [what, promise, took.length, `${Math.round(median(took))} ms`, `${Math.round(maxMs)} ms`, kept];
}

/** What should not happen in any trial. */
export function never(what: string, happened: readonly boolean[]): Row {
  const times = happened.filter(Boolean).length;
  return [what, "never", happened.length, "-", `${times} of ${happened.length}`, times === 0 ? "yes" : "no"];
}

/** What may happen, and is worth knowing. */
export function share(what: string, happened: readonly boolean[]): Row {
  const times = happened.filter(Boolean).length;
  return [what, "-", happened.length, "-", `${times} of ${happened.length}`, "-"];
}

/** A measurement that did not come to its end is a line as well. */
export function failed(what: string, error: unknown): Row {
  const [why] = (error instanceof Error ? error.message : String(error)).split("\n");
  return [`${what}: ${why}`, "-", 0, "-", "-", "no"];
}
