const TICK_MS = 20;

/** How long something takes, on a machine that has other things to do as well. */
export interface Stopwatch extends Disposable {
  /** Milliseconds since the start, less those in which this process did not get to run. */
  readonly ms: number;
}

/**
 * For promises that are stated in seconds and kept by servers in this process: what the scheduler took from it they
 * could not use. The caller disposes it.
 */
export function startStopwatch(nowMs: () => number = () => performance.now()): Stopwatch {
  const startedMs = nowMs();
  let tickedMs = startedMs;
  let stalledMs = 0;
  const lateMs = () => Math.max(0, nowMs() - tickedMs - TICK_MS);
  const timer = setInterval(() => {
    stalledMs += lateMs();
    tickedMs = nowMs();
  }, TICK_MS);
  timer.unref();
  return {
    get ms() {
      return nowMs() - startedMs - stalledMs - lateMs();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
