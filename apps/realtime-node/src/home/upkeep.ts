import { HOME_BEAT_MS } from "../changes/known-home.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";

const LOOK_MS = 2_000;
/** Policies that change must count within five seconds (decision 0015): one for the look, the rest for asking again. */
const NEWS_MS = 1_000;
const PARTITIONS_MS = 60 * 60_000;

interface Duties {
  beat(): void;
  /** Slot, leases. */
  look(): Promise<unknown>;
  /** Tables, policies, privileges, roles. */
  news(): Promise<unknown>;
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
    this.#timers.add(this.#clock.every(NEWS_MS, () => this.#do("news")));
    this.#timers.add(this.#clock.every(PARTITIONS_MS, () => this.#do("partitions")));
    for (const duty of ["news", "partitions", "look"] as const) this.#do(duty);
  }

  stop(): void {
    for (const timer of this.#timers) timer.stop();
    this.#timers.clear();
  }

  #do(duty: Exclude<keyof Duties, "beat">): void {
    if (this.#running.has(duty)) return;
    this.#running.add(duty);
    this.#duties[duty]().then(
      () => this.#running.delete(duty),
      (error: unknown) => {
        this.#running.delete(duty);
        if (duty === "partitions") {
          const code = "PartitionCreationFailed";
          this.#log.warn(
            { err: error, code },
            "partitions of messages were not kept; tried again within the hour",
          );
        } else {
          this.#log.debug({ err: error, duty }, "a duty of the home failed and will be tried again");
        }
      },
    );
  }
}
