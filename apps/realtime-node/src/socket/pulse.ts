import { type Scheduled, TICK_MS, TimerWheel, type WheelTask } from "./timer-wheel.ts";

/** A tick this late means that the node itself stood still: bytes of clients may lie unread in the kernel. */
const STALL_MS = 1_000;

interface PulseClock {
  monotonicMs(): number;
  every(periodMs: number, run: () => void): { stop(): void };
  after(delayMs: number, run: () => void): { stop(): void };
}

/**
 * The one timer of all connections and channels of a node, on the monotonic clock. It notices when the process itself
 * was stopped or starved, so that nobody takes our silence for a client's. The owner stops it.
 */
export class Pulse {
  readonly #clock: PulseClock;
  readonly #wheel: TimerWheel;
  readonly #timer: { stop(): void };
  #lastTickMs: number;
  #resumedAtMs: number;

  constructor(clock: PulseClock) {
    this.#clock = clock;
    this.#lastTickMs = clock.monotonicMs();
    this.#resumedAtMs = this.#lastTickMs;
    this.#wheel = new TimerWheel(this.#lastTickMs);
    this.#timer = clock.every(TICK_MS, () => this.#tick());
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** When the node last came back from a stall of its own; its start at first. Silence before that proves nothing. */
  get resumedAtMs(): number {
    return this.#resumedAtMs;
  }

  /** @param dueMs monotonic milliseconds, as `nowMs()` gives them */
  schedule(dueMs: number, task: WheelTask): Scheduled {
    return this.#wheel.schedule(dueMs, task);
  }

  /** Resolves after `delayMs`, exactly, or at once when the signal is aborted. For the few who wait on purpose. */
  delay(delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        timer.stop();
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = this.#clock.after(delayMs, finish);
      signal.addEventListener("abort", finish, { once: true });
    });
  }

  stop(): void {
    this.#timer.stop();
  }

  #tick(): void {
    const nowMs = this.nowMs();
    if (nowMs - this.#lastTickMs > TICK_MS + STALL_MS) this.#resumedAtMs = nowMs;
    this.#lastTickMs = nowMs;
    this.#wheel.advance(nowMs);
  }
}
