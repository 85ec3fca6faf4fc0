/** About ten minutes at the usual interval. */
const SAMPLES_MAX = 24;

export interface HeartbeatDiagnosis {
  /** Round trips in milliseconds; undefined before the first. */
  lastMs?: number;
  medianMs?: number;
  maxMs?: number;
  /** Heartbeats that were not answered in time, since the start. */
  timeouts: number;
}

/** The round trips of the last heartbeats. */
export class Heartbeats {
  readonly #samples: number[] = [];
  #timeouts = 0;

  observe(status: string, latencyMs: number | undefined): void {
    if (status === "timeout") this.#timeouts++;
    if (latencyMs === undefined) return;
    this.#samples.push(latencyMs);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  diagnose(): HeartbeatDiagnosis {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    return {
      lastMs: this.#samples.at(-1),
      medianMs: sorted[sorted.length >> 1],
      maxMs: sorted.at(-1),
      timeouts: this.#timeouts,
    };
  }
}
