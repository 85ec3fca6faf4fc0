import type { TapBatch, TapEvent } from "@tidewire/protocol/cluster/inspect";
import { matches, type TapFilter } from "./tap-filter.ts";

/** Events waiting for a slow dashboard; beyond it the newest are dropped and counted. */
const QUEUE_MAX = 1_000;

interface ListenerOptions {
  maxPerSecond: number;
  nowMs: () => number;
  onClose: () => void;
}

/**
 * One watcher's queue. What does not fit (the queue is full, or more events per second than it asked for) is dropped
 * and counted: a tail that silently shows half of the truth would be worse than none.
 */
export class TapListener {
  readonly #filter: TapFilter;
  readonly #options: ListenerOptions;
  #queue: TapEvent[] = [];
  #seen = 0;
  #dropped = 0;
  #secondStartMs = Number.NEGATIVE_INFINITY;
  #inThisSecond = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(filter: TapFilter, options: ListenerOptions) {
    this.#filter = filter;
    this.#options = options;
  }

  offer(event: TapEvent): void {
    if (this.#closed || !matches(event, this.#filter)) return;
    this.#seen++;
    if (this.#queue.length >= QUEUE_MAX || !this.#withinRate()) this.#dropped++;
    else this.#queue.push(event);
    this.#wake?.();
  }

  /**
   * Everything since the last call: `seen` counts what matched, `dropped` what of it is missing in `events`.
   * Null when nothing happened.
   */
  take(): TapBatch | null {
    if (this.#seen === 0) return null;
    const batch = { events: this.#queue, seen: this.#seen, dropped: this.#dropped };
    this.#queue = [];
    this.#seen = 0;
    this.#dropped = 0;
    return batch;
  }

  /** Resolves when `take` has something to give, or when the listener is closed. */
  async wait(): Promise<void> {
    if (this.#closed || this.#seen > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose();
    this.#wake?.();
  }

  #withinRate(): boolean {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#secondStartMs >= 1_000) {
      this.#secondStartMs = nowMs;
      this.#inThisSecond = 0;
    }
    return ++this.#inThisSecond <= this.#options.maxPerSecond;
  }
}
