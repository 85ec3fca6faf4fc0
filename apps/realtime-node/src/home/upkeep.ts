import { HOME_BEAT_MS } from "../changes/known-home.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";

/** Policies that change must count within five seconds (issue 3): two for the look, the rest for re-checking. */
const LOOK_MS = 2_000;
const PARTITIONS_MS = 60 * 60_000;

interface Duties {
  beat(): void;
  /** Slot, catalog, leases. */
  look(): Promise<unknown>;
  partitions(): Promise<unknown>;
}

/** What a home does by the clock. A duty that still runs is not begun again; one that fails is done next time. */
export class Upkeep {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #duties: Duties;
  readonly #timers = new Set<Timer>();
  readonly #running = new Set<string>();

  constructor(clock: Clock, log: Log, duties: Duties) {
    this.#clock = clock;
    this.#log = log;
    this.#duties = duties;
  }

  start(): void {
    if (this.#timers.size > 0) return;
    const { beat } = this.#duties;
    this.#timers.add(this.#clock.every(HOME_BEAT_MS, beat));
    this.#timers.add(this.#clock.every(LOOK_MS, () => this.#do("look")));
    this.#timers.add(this.#clock.every(PARTITIONS_MS, () => this.#do("partitions")));
    this.#do("partitions");
    this.#do("look");
  }

  stop(): void {
    for (const timer of this.#timers) timer.stop();
    this.#timers.clear();
  }

  #do(duty: "look" | "partitions"): void {
    if (this.#running.has(duty)) return;
    this.#running.add(duty);
    this.#duties[duty]().then(
      () => this.#running.delete(duty),
      (error: unknown) => {
        this.#running.delete(duty);
        this.#log.debug({ err: error, duty }, "a duty of the home failed and will be tried again");
      },
    );
  }
}
