import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Timer } from "../../src/clock.ts";

interface Alarm {
  atMs: number;
  periodMs: number | null;
  run: () => void;
}

/** Smaller than what a node takes for a stall of its own. */
const STEP_MS = 250;
/** Event-loop turns per step: a ping has to reach the client and its pong to come back. */
const TURNS_PER_STEP = 20;

/** Real sockets, unreal time: it passes only when told to, in steps small enough for answers to come in between. */
export class SteppedClock implements Clock {
  #nowMs = 0;
  readonly #startedAtMs = Date.now();
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#startedAtMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + delayMs, periodMs: null, run });
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + periodMs, periodMs, run });
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.#nowMs = Math.min(untilMs, this.#nowMs + STEP_MS);
      this.#ring();
      for (let i = 0; i < TURNS_PER_STEP; i++) await turn();
    }
  }

  /** As if the whole process had been stopped: time jumps, and nothing was heard meanwhile. */
  jump(ms: number): void {
    this.#nowMs += ms;
    this.#ring();
  }

  #ring(): void {
    for (const alarm of [...this.#alarms]) {
      if (alarm.atMs > this.#nowMs) continue;
      if (alarm.periodMs === null) this.#alarms.delete(alarm);
      else alarm.atMs = this.#nowMs + alarm.periodMs;
      alarm.run();
    }
  }

  #add(alarm: Alarm): Timer {
    this.#alarms.add(alarm);
    return { stop: () => void this.#alarms.delete(alarm) };
  }
}
