import type { TapBatch, TapEvent } from "@tidewire/protocol/cluster/tap";

const BEGINNING = "0";
/** Boots older than the newest few are dead and cannot send again. */
const BOOTS_MAX = 64;

/**
 * How far a tail has read, per life of a node. It travels as the id of the last parcel: a browser that reconnects gets
 * neither an event twice (nodes begin a tap with their recent events) nor a hole it was not told of.
 */
export class TailCursor {
  readonly #last = new Map<string, string>();

  /** Whatever does not read as a cursor is the beginning. */
  static parse(text: string | null | undefined): TailCursor {
    const cursor = new TailCursor();
    for (const id of text?.split(",") ?? []) if (id.includes("-")) cursor.#remember(id);
    return cursor;
  }

  /** Never empty: the id of a server-sent event must not be. */
  toString(): string {
    if (this.#last.size === 0) return BEGINNING;
    return [...this.#last.entries()].map(([boot, counter]) => `${boot}-${counter}`).join(",");
  }

  /** The batch without what was read before, and remembers the rest. */
  advance(batch: TapBatch): TapBatch {
    const fresh = batch.events.filter((event) => this.#isNew(event));
    for (const { id } of fresh) this.#remember(id);
    return { ...batch, events: fresh, seen: batch.seen - (batch.events.length - fresh.length) };
  }

  #isNew({ id }: TapEvent): boolean {
    const [boot, counter] = split(id);
    const last = this.#last.get(boot);
    // Counters of one boot have one length, so text order is theirs.
    return last === undefined || counter > last;
  }

  #remember(id: string): void {
    const [boot, counter] = split(id);
    this.#last.delete(boot);
    this.#last.set(boot, counter);
    const oldest = this.#last.keys().next();
    if (this.#last.size > BOOTS_MAX && oldest.done !== true) this.#last.delete(oldest.value);
  }
}

/** Ids are `<boot>-<counter>`; the boot may hold dashes itself. */
function split(id: string): [boot: string, counter: string] {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), id.slice(dash + 1)];
}
