import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { around, type Lsn, maxLsn, minLsn, toLsn } from "../wal/lsn.ts";

/** A registration is answered within milliseconds; this is for the one that is not. */
const BYTES_MAX = 8 * 1024 * 1024;

interface Entry {
  envelope: ChangeEnvelope;
  /** This node had seen it before. */
  isRepeated: boolean;
}

/** What was thrown away of changes for the same shapes. */
interface Overflow {
  readonly shapes: readonly string[];
  readonly isRepeated: boolean;
  fromLsn: Lsn;
  toLsn: Lsn;
}

/**
 * Changes that arrived while some registration was on its way: its answer may be overtaken by the first changes that it
 * promises. Bounded; what did not fit is told as a gap to whoever needed it.
 */
export class EnvelopeBacklog {
  #entries: Entry[] = [];
  #bytes = 0;
  readonly #overflows = new Map<string, Overflow>();

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#overflows.size === 0;
  }

  /** Those thrown away. Also what this node had seen before: it is news to a channel that is behind. */
  get overflows(): Iterable<Overflow> {
    return this.#overflows.values();
  }

  add(envelope: ChangeEnvelope, { isRepeated }: { isRepeated: boolean }): void {
    if (this.#bytes + envelope.data.length > BYTES_MAX) this.#drop(envelope, isRepeated);
    else {
      this.#entries.push({ envelope, isRepeated });
      this.#bytes += envelope.data.length;
    }
  }

  /** In their order. */
  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#overflows.clear();
  }

  #drop({ kind: { shapes }, lsn }: ChangeEnvelope, isRepeated: boolean): void {
    const key = `${isRepeated} ${shapes.join()}`;
    const span = around(toLsn(lsn));
    const known = this.#overflows.get(key);
    if (known === undefined) return void this.#overflows.set(key, { shapes, isRepeated, ...span });
    known.fromLsn = minLsn(known.fromLsn, span.fromLsn);
    known.toLsn = maxLsn(known.toLsn, span.toLsn);
  }
}
