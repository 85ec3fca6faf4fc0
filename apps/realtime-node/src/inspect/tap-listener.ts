import type { TapBatch, TapEvent, TraceHop } from "@tidewire/protocol/cluster/tap";
import { matches, type TapFilter, wantsTrace } from "./tap-filter.ts";

/** Events waiting for a slow dashboard; beyond it the newest are dropped and counted. */
const QUEUE_MAX = 1_000;
/** Hops of traced broadcasts, of which a busy topic has one per message. */
const TRACES_MAX = 500;

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
  #traces: TraceHop[] = [];
  #tracesDropped = 0;
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

  get tracesRef(): string | undefined {
    return this.#filter.trace === true ? this.#filter.ref : undefined;
  }

  wantsTrace(room: { ref: string; topic: string }): boolean {
    return !this.#closed && wantsTrace(this.#filter, room);
  }

  offerTrace(hop: TraceHop): void {
    if (!this.wantsTrace(hop)) return;
    if (this.#traces.length >= TRACES_MAX) this.#tracesDropped++;
    else this.#traces.push(hop);
    this.#wake?.();
  }

  /**
   * Everything since the last call: `seen` counts what matched, `dropped` what of it is missing in `events`.
   * Null when nothing happened.
   */
  take(): TapBatch | null {
    if (!this.#hasSome) return null;
    const batch: TapBatch = { events: this.#queue, seen: this.#seen, dropped: this.#dropped };
    if (this.#filter.trace === true) {
      batch.traces = this.#traces;
      batch.tracesDropped = this.#tracesDropped;
      this.#traces = [];
      this.#tracesDropped = 0;
    }
    this.#queue = [];
    this.#seen = 0;
    this.#dropped = 0;
    return batch;
  }

  /** Resolves when `take` has something to give, or when the listener is closed. */
  async wait(): Promise<void> {
    if (this.#closed || this.#hasSome) return;
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

  get #hasSome(): boolean {
    return this.#seen > 0 || this.#traces.length > 0;
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
