import type { TapBatch, TapEvent, TraceHop } from "@tidewire/protocol/cluster/tap";

/** Parcels that a slow browser has not fetched hold at most this many events; what does not fit is counted as dropped. */
const EVENTS_MAX = 2_000;

/** A trace is looked at one message at a time: beyond this the newest of a parcel are left out and counted. */
const TRACES_MAX = 1_000;

export interface Collected {
  events: TapEvent[];
  seen: number;
  dropped: number;
  traces: TraceHop[];
  tracesDropped: number;
}

/** Gathers the batches of all nodes until the next parcel leaves; keeps the rate over all of them. */
export class ParcelBuffer {
  readonly #maxPerSecond: number;
  readonly #nowMs: () => number;
  #events: TapEvent[] = [];
  #seen = 0;
  #dropped = 0;
  #traces: TraceHop[] = [];
  #tracesDropped = 0;
  #secondStartMs = Number.NEGATIVE_INFINITY;
  #inThisSecond = 0;

  constructor(maxPerSecond: number, nowMs: () => number) {
    this.#maxPerSecond = maxPerSecond;
    this.#nowMs = nowMs;
  }

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  add({ events, seen, dropped }: TapBatch): void {
    this.#seen += seen;
    this.#dropped += dropped;
    for (const event of events) {
      if (this.#events.length < EVENTS_MAX && this.#withinRate()) this.#events.push(event);
      else this.#dropped++;
    }
  }

  addTraces({ traces = [], tracesDropped = 0 }: Pick<TapBatch, "traces" | "tracesDropped">): void {
    const kept = traces.slice(0, TRACES_MAX - this.#traces.length);
    this.#traces.push(...kept);
    this.#tracesDropped += tracesDropped + traces.length - kept.length;
  }

  /** In order of time, as well as clocks of several nodes allow. */
  take(): Collected {
    const events = this.#events.sort((a, b) => a.atMs - b.atMs || a.id.localeCompare(b.id));
    const collected = {
      events,
      seen: this.#seen,
      dropped: this.#dropped,
      traces: this.#traces,
      tracesDropped: this.#tracesDropped,
    };
    this.#traces = [];
    this.#tracesDropped = 0;
    this.#events = [];
    this.#seen = 0;
    this.#dropped = 0;
    return collected;
  }

  #withinRate(): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#secondStartMs >= 1_000) {
      this.#secondStartMs = nowMs;
      this.#inThisSecond = 0;
    }
    return ++this.#inThisSecond <= this.#maxPerSecond;
  }
}
