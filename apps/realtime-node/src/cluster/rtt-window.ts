/** A minute of probes: long enough for a percentile, short enough to follow a change of routes. */
const WINDOW_MS = 60_000;
const SAMPLES_MAX = 120;

export interface RoundTrips {
  p50Ms: number;
  p99Ms: number;
  samples: number;
  /** Probes without an answer. */
  lost: number;
}

interface Sample {
  atMs: number;
  /** Null when no answer came. */
  rttMs: number | null;
}

/** The last minute of one way. */
export class RttWindow {
  #samples: Sample[] = [];

  /** @param rttMs null when no answer came */
  add(nowMs: number, rttMs: number | null): void {
    this.#samples.push({ atMs: nowMs, rttMs });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** Undefined while no probe of the last minute was answered. */
  summary(nowMs: number): RoundTrips | undefined {
    this.#samples = this.#samples.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
    const answered = this.#samples
      .flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]))
      .sort((a, b) => a - b);
    const samples = answered.length;
    if (samples === 0) return undefined;
    const at = (share: number) => answered[Math.min(samples - 1, Math.floor(samples * share))] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99), samples, lost: this.#samples.length - samples };
  }
}
