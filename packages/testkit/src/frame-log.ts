import { type Expectation, matches } from "./matches.ts";
import type { ReceivedFrame } from "./phoenix-wire.ts";

export type FrameExpectation =
  | Partial<Record<keyof ReceivedFrame, Expectation>>
  | ((frame: ReceivedFrame) => boolean);

interface Waiter {
  wanted: FrameExpectation;
  settle(frame: ReceivedFrame): void;
}

/** Every frame in order of arrival. A frame that met an expectation is spent: it meets no other. */
export class FrameLog {
  readonly frames: ReceivedFrame[] = [];
  readonly #spent = new Set<ReceivedFrame>();
  readonly #waiters = new Set<Waiter>();

  add(frame: ReceivedFrame): void {
    this.frames.push(frame);
    for (const waiter of this.#waiters) {
      if (!matches(frame, waiter.wanted)) continue;
      this.#waiters.delete(waiter);
      this.#spent.add(frame);
      waiter.settle(frame);
      return;
    }
  }

  /** The first unspent frame that matches, at once or when it arrives. @throws Error after `withinMs` */
  take(wanted: FrameExpectation, withinMs: number): Promise<ReceivedFrame> {
    const known = this.unspent().find((frame) => matches(frame, wanted));
    if (known) {
      this.#spent.add(known);
      return Promise.resolve(known);
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        wanted,
        settle: (frame: ReceivedFrame) => {
          clearTimeout(timer);
          resolve(frame);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(`no frame ${describe(wanted)} within ${withinMs} ms; last frames:\n${this.#recent()}`),
        );
      }, withinMs);
      this.#waiters.add(waiter);
    });
  }

  unspent(): ReceivedFrame[] {
    return this.frames.filter((frame) => !this.#spent.has(frame));
  }

  /** From here on only later frames count. */
  spendAll(): void {
    for (const frame of this.frames) this.#spent.add(frame);
  }

  #recent(): string {
    const lines = this.frames.slice(-8).map(({ topic, event, ref, payload }) => {
      return `  ${topic} ${event} ref=${ref} ${JSON.stringify(payload)?.slice(0, 300)}`;
    });
    return lines.join("\n") || "  (none)";
  }
}

function describe(wanted: FrameExpectation): string {
  return typeof wanted === "function" ? wanted.toString() : JSON.stringify(wanted);
}
