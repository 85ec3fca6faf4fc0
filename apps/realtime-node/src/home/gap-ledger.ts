import type { Gap, NodeStore } from "@tidewire/db/node-store";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";

/** A slot is lost once in a long while. Beyond this the oldest are forgotten: they are in the log all the same. */
const WAITING_MAX = 200;
const RETRY_MS = 5_000;

interface Options {
  store: Pick<NodeStore, "writeGaps">;
  clock: Clock;
  log: Log;
}

/** Writes what was lost to the control database, and keeps it while that is away. The owner closes it. */
export class GapLedger {
  readonly #options: Options;
  readonly #timer: Timer;
  #waiting: Gap[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = options.clock.every(RETRY_MS, () => void this.#write());
  }

  record(gap: Gap): void {
    this.#options.log.error({ ...gap, code: "ReplicationGap" }, "changes were lost");
    this.#waiting.push(gap);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    void this.#write();
  }

  /** Writes what is left, if the control database answers. */
  async close(): Promise<void> {
    this.#timer.stop();
    await this.#write();
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = [...this.#waiting];
      try {
        await this.#options.store.writeGaps(batch);
      } catch (err) {
        const { length: waiting } = this.#waiting;
        return this.#options.log.warn({ err, waiting }, "lost changes wait to be written down");
      }
      const written = new Set(batch);
      this.#waiting = this.#waiting.filter((each) => !written.has(each));
    }
  }
}
