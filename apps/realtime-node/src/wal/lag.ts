import type { Percentiles } from "@tidewire/protocol/cluster/inspect";

/** Enough for a steady p99, small enough to sort whenever somebody looks. */
const KEPT_MAX = 1_024;
/** A number nobody has renewed for this long tells of the past. */
const AGE_MAX_MS = 60_000;

/** Percentiles over the latest values of one kind; constant memory. */
export class RecentDurations {
  readonly #values = new Float64Array(KEPT_MAX);
  readonly #addedAtMs = new Float64Array(KEPT_MAX);
  #next = 0;
  #count = 0;

  add(durationMs: number, nowMs: number): void {
    this.#values[this.#next] = Math.max(0, durationMs);
    this.#addedAtMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % KEPT_MAX;
    this.#count++;
  }

  /** Of all values ever added. */
  get count(): number {
    return this.#count;
  }

  /** `count` is of all values ever added; the percentiles are of those younger than a minute. */
  percentiles(nowMs: number): Percentiles {
    const kept = Math.min(this.#count, KEPT_MAX);
    const recent = this.#values
      .subarray(0, kept)
      .filter((_, index) => nowMs - (this.#addedAtMs[index] ?? 0) <= AGE_MAX_MS)
      .sort();
    const at = (share: number) => recent[Math.min(recent.length - 1, Math.floor(recent.length * share))] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count: this.#count };
  }
}
