/** Spreads the retries of clients that failed together (difference D1). */
const JITTER_MS = 250;
/** A page that is reloaded a few times, or a test suite, is no attack. */
const FREE_FAILURES = 10;
/** One failure is forgotten after this; a client that follows any back-off never gets slow answers. */
const FORGIVEN_EVERY_MS = 2_000;
const STEP_MS = 500;
const DELAY_MS_MAX = 5_000;
/** About a megabyte; when full, those who failed longest ago are forgotten first. */
const ENTRIES_MAX = 10_000;

interface Standing {
  failures: number;
  atMs: number;
}

/**
 * How long to wait before a refusal is told (difference D1): at once with a little jitter, and slower only for a client
 * that keeps failing. Supabase makes everybody wait 2 to 5 s. Successes are never slowed.
 */
export class FailureDelays {
  readonly #random: () => number;
  readonly #standings = new Map<string, Standing>();

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /**
   * Notes a failure of `client` and answers how many milliseconds, at most 5,000, its answer has to wait.
   * @param client whatever tells clients apart, token and address for instance; hashed by the caller when secret
   */
  failed(client: string, nowMs: number): number {
    const before = this.#standings.get(client);
    const forgiven = before === undefined ? 0 : (nowMs - before.atMs) / FORGIVEN_EVERY_MS;
    const failures = Math.max(0, (before?.failures ?? 0) - forgiven) + 1;
    // Deleted and set anew: a Map keeps insertion order, which is here the order of the last failure.
    this.#standings.delete(client);
    this.#standings.set(client, { failures, atMs: nowMs });
    this.#forgetOldest();
    const slowedMs = Math.max(0, failures - FREE_FAILURES) * STEP_MS;
    return Math.min(DELAY_MS_MAX, this.#random() * JITTER_MS + slowedMs);
  }

  get size(): number {
    return this.#standings.size;
  }

  #forgetOldest(): void {
    if (this.#standings.size <= ENTRIES_MAX) return;
    const oldest = this.#standings.keys().next();
    if (!oldest.done) this.#standings.delete(oldest.value);
  }
}
