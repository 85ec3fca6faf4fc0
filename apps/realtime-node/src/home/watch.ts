/** A healthy walsender answers a ping at once; so much silence calls for one. */
const PING_AFTER_MS = 250;
/** Half-way to the verdict, Postgres is asked through an ordinary connection as well. */
const DOUBT_AFTER_MS = 400;
/** Promise P6: affected channels know within a second. */
const LOST_AFTER_MS = 800;
/** An ordinary connection has had its chance to answer. */
const PROBE_PATIENCE_MS = 300;
/** This process itself was away for this long: whatever it did not hear may be waiting in its sockets. */
const STALL_MS = 200;

export const WATCH_PERIOD_MS = 200;

/** Times are of the monotonic clock. */
export interface Watched {
  /** The stream said something. */
  heardAtMs: number;
  /** Its socket is paused by ourselves: silence means nothing. */
  isPaused: boolean;
  /** The probe that has not been answered yet, or failed. */
  unansweredProbeSinceMs: number | undefined;
  /** The watch last ran. */
  ranAtMs: number;
}

/** What to do about a stream that may be dead although its socket is open: a frozen server, a pulled cable. */
export type Verdict = "well" | "ping" | "probe" | "lost";

export function judge(
  { heardAtMs, isPaused, unansweredProbeSinceMs, ranAtMs }: Watched,
  nowMs: number,
): Verdict {
  if (isPaused || nowMs - ranAtMs > WATCH_PERIOD_MS + STALL_MS) return "well";
  const silentMs = nowMs - heardAtMs;
  const waitedMs = unansweredProbeSinceMs === undefined ? 0 : nowMs - unansweredProbeSinceMs;
  if (silentMs > LOST_AFTER_MS && waitedMs > PROBE_PATIENCE_MS) return "lost";
  if (silentMs > DOUBT_AFTER_MS && unansweredProbeSinceMs === undefined) return "probe";
  return silentMs > PING_AFTER_MS ? "ping" : "well";
}
