import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { formatLsn, toLsn } from "../wal/lsn.ts";

/** A registration is answered within milliseconds; this is for the one that is not. */
const BYTES_MAX = 8 * 1024 * 1024;

interface Entry {
  envelope: ChangeEnvelope;
  /** This node had seen it before. */
  isRepeated: boolean;
}

/**
 * Changes that arrived while some registration was on its way: its answer may be overtaken by the first changes that it
 * promises. Bounded; what did not fit is told as a gap by whoever needed it.
 */
export class EnvelopeBacklog {
  #entries: Entry[] = [];
  #bytes = 0;
  #overflow: { fromLsn: string; toLsn: string } | null = null;

  /** The span that was thrown away, if any. */
  get overflow(): { fromLsn: string; toLsn: string } | null {
    return this.#overflow;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#overflow === null;
  }

  add(envelope: ChangeEnvelope, { isRepeated }: { isRepeated: boolean }): void {
    if (this.#bytes + envelope.data.length > BYTES_MAX) {
      const lsn = formatLsn(toLsn(envelope.lsn));
      this.#overflow = { fromLsn: this.#overflow?.fromLsn ?? lsn, toLsn: lsn };
      return;
    }
    this.#entries.push({ envelope, isRepeated });
    this.#bytes += envelope.data.length;
  }

  /** In their order. */
  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#overflow = null;
  }
}
