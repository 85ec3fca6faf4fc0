import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, Timer } from "./clock.ts";

const RESOLUTION_MS = 10;
/** Long enough for a percentile to mean something, short enough to show trouble that is happening now. */
const WINDOW_MS = 5_000;
const NS_PER_MS = 1e6;

export interface EventLoopWindow {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** How late this process's timers run: the last finished window of five seconds. The owner closes it. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: Timer;
  #window: EventLoopWindow = { p50Ms: 0, p99Ms: 0, maxMs: 0 };

  constructor(clock: Clock) {
    this.#histogram.enable();
    this.#timer = clock.every(WINDOW_MS, () => this.#roll());
  }

  lastWindow(): EventLoopWindow {
    return this.#window;
  }

  close(): void {
    this.#timer.stop();
    this.#histogram.disable();
  }

  #roll(): void {
    const toMs = (ns: number) => (Number.isFinite(ns) ? Math.max(0, ns / NS_PER_MS - RESOLUTION_MS) : 0);
    this.#window = {
      p50Ms: toMs(this.#histogram.percentile(50)),
      p99Ms: toMs(this.#histogram.percentile(99)),
      maxMs: toMs(this.#histogram.max),
    };
    this.#histogram.reset();
  }
}
