/** Less is within what a busy network does by itself, and no move would be felt. */
export const BETTER_BY_MS = 30;
/** A route that is bad for less than this is weather. */
const LASTING_MS = 60_000;
/** Who was not heard of for this long may have moved meanwhile: the count begins anew. */
const SILENCE_MS_MAX = 150_000;

export interface Distance {
  region: string;
  rttMs: number;
}

/** What is known of one client or project: since when another region is better, and whether that was told. */
export interface RouteWatch {
  readonly here: Distance;
  readonly better: Distance | null;
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly isMisrouted: boolean;
}

export interface RouteStep {
  watch: RouteWatch;
  change: "began" | "ended" | null;
}

/**
 * The rule of promise P5: a misroute is another region that is at least 30 ms better, without a break, for 60 s. It ends
 * with the first measurement that says otherwise.
 *
 * @param others measured from the same end in the same way
 */
export function judgeRoute(
  before: RouteWatch | undefined,
  here: Distance,
  others: readonly Distance[],
  nowMs: number,
): RouteStep {
  const better = nearest(others.filter(({ region }) => region !== here.region));
  const isBetter = better !== null && here.rttMs - better.rttMs >= BETTER_BY_MS;
  const wasMisrouted = before?.isMisrouted === true;
  if (!isBetter) {
    const watch = { here, better: null, sinceMs: nowMs, lastMs: nowMs, isMisrouted: false };
    return { watch, change: wasMisrouted ? "ended" : null };
  }
  const goesOn = before !== undefined && before.better !== null && nowMs - before.lastMs <= SILENCE_MS_MAX;
  const sinceMs = goesOn ? before.sinceMs : nowMs;
  const isMisrouted = nowMs - sinceMs >= LASTING_MS;
  const change = isMisrouted === wasMisrouted ? null : isMisrouted ? "began" : "ended";
  return { watch: { here, better, sinceMs, lastMs: nowMs, isMisrouted }, change };
}

/** Whether nothing was heard for so long that the watch means nothing any more. */
export function isForgotten({ lastMs }: RouteWatch, nowMs: number): boolean {
  return nowMs - lastMs > SILENCE_MS_MAX;
}

function nearest(distances: readonly Distance[]): Distance | null {
  return distances.reduce<Distance | null>(
    (best, each) => (best === null || each.rttMs < best.rttMs ? each : best),
    null,
  );
}
