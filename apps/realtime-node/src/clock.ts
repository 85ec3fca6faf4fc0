/** A running timer; whoever started it stops it. Stopping twice is harmless. */
export interface Timer {
  stop(): void;
}

/** Time as a dependency, so that a rule can be tested with numbers and a shell with a manual clock. */
export interface Clock {
  /** Epoch milliseconds; comparable between processes, may jump when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds that only grow; for durations and deadlines inside one process. */
  monotonicMs(): number;
  after(delayMs: number, run: () => void): Timer;
  /** The first run is one period from now. */
  every(periodMs: number, run: () => void): Timer;
}

/** The wall clocks of two nodes, or of a node and a client, are taken to differ by no more than this. */
export const CLOCKS_APART_MS_MAX = 2_000;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    return { stop: () => clearInterval(timer) };
  },
};
