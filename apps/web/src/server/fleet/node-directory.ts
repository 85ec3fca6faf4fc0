import type { NodeRow } from "@tidewire/db/node-store";

/** Live pages ask every second; they share one look at the control database. */
const FRESH_MS = 900;
/** A node that has not beaten for this long is the fleet page's business, not every survey's. */
const FORGOTTEN_MS = 60_000;

/** Which nodes there are, as the control database last said; its outage freezes the list and does not empty it. */
export class NodeDirectory {
  readonly #read: () => Promise<NodeRow[]>;
  readonly #nowMs: () => number;
  #rows: NodeRow[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #error: unknown;

  constructor(read: () => Promise<NodeRow[]>, nowMs: () => number) {
    this.#read = read;
    this.#nowMs = nowMs;
  }

  /** Every node ever seen that did not say goodbye. Does not reject. */
  async all(): Promise<NodeRow[]> {
    if (this.#nowMs() - this.#readAtMs > FRESH_MS) await this.#refresh();
    return this.#rows;
  }

  /** The nodes that ought to answer now. Does not reject. */
  async expected(): Promise<NodeRow[]> {
    const rows = await this.all();
    const newest = this.#error === undefined ? this.#nowMs() : this.#readAtMs;
    return rows.filter((row) => row.state !== "gone" && newest - row.beatAtMs < FORGOTTEN_MS);
  }

  /** Why the list is old; undefined when it is fresh. */
  get error(): unknown {
    return this.#error;
  }

  #refresh(): Promise<void> {
    this.#reading ??= this.#read()
      .then(
        (rows) => {
          this.#rows = rows;
          this.#readAtMs = this.#nowMs();
          this.#error = undefined;
        },
        (error: unknown) => {
          this.#error = error;
        },
      )
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
