import type { NodeStore } from "@tidewire/db/node-store";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";

/** As often as the node beats into the control database. */
const WRITE_MS = 5_000;
/** Who looks whether a key is still used asks for days; a busy key need not cost more than this. */
const REST_MS = 60_000;

interface Options {
  store: Pick<NodeStore, "writeKeyUses">;
  clock: Clock;
  log: Log;
}

/**
 * Tells the control database which API keys come in, each at most once a minute. Only keys that were found are noted,
 * so their number is the bound. What could not be written is tried again. The owner closes it.
 */
export class KeyUses {
  readonly #options: Options;
  readonly #timer: Timer;
  /** Epoch milliseconds of the first use that is not written yet, by hash. */
  readonly #due = new Map<string, number>();
  readonly #writtenMs = new Map<string, number>();
  #writing: Promise<void> | undefined;
  #failing = false;

  constructor({ store, clock, log }: Options) {
    this.#options = { store, clock, log };
    this.#timer = clock.every(WRITE_MS, () => {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  note(hash: string): void {
    if (!this.#writtenMs.has(hash) && !this.#due.has(hash)) this.#due.set(hash, this.#options.clock.nowMs());
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#timer.stop();
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const { store, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [hash, atMs] of this.#writtenMs) if (nowMs - atMs >= REST_MS) this.#writtenMs.delete(hash);
    const uses = [...this.#due].map(([hash, atMs]) => ({ hash, atMs }));
    try {
      await store.writeKeyUses(uses);
      this.#failing = false;
    } catch (err) {
      if (!this.#failing) log.warn({ err }, "the use of keys waits for the control database");
      this.#failing = true;
      return;
    }
    for (const { hash } of uses) {
      this.#due.delete(hash);
      this.#writtenMs.set(hash, nowMs);
    }
  }
}
