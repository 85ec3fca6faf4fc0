import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { LSN_ZERO, type Lsn, toLsn } from "../wal/lsn.ts";
import type { EnvelopeBatch } from "./envelope-batch.ts";
import { isAfter, type Position } from "./position.ts";

/** What comes of one message of the home. */
export interface Received {
  /** Those not seen before, in order. */
  envelopes: ChangeEnvelope[];
  /** Those that this node has seen before, in order. */
  repeated: ChangeEnvelope[];
  /** Messages before this one are missing: changes after this position may have been lost. */
  lostAfter: Lsn | null;
}

/**
 * What this node has seen of a project's changes. A home repeats what was not acknowledged, and so does its successor:
 * positions tell what is new. A message that is missing between two others is noticed by their numbers.
 */
export class Receiver {
  #epoch = 0;
  #nextSeq: number | null = null;
  #lsn: Lsn = LSN_ZERO;
  #ordinal = -1;

  /** The last change seen. */
  get lastLsn(): Lsn {
    return this.#lsn;
  }

  get position(): Position {
    return { lsn: this.#lsn, ordinal: this.#ordinal };
  }

  /**
   * The home says what it has sent; whatever was said so a while ago must be here by now.
   *
   * @returns the last change seen, when messages after it are missing; null when all are here
   */
  expect(epoch: number, seq: number): Lsn | null {
    if (epoch !== this.#epoch || this.#nextSeq === null || seq < this.#nextSeq) return null;
    this.#nextSeq = seq + 1;
    return this.#lsn;
  }

  /** A new epoch: its messages are counted from 1, if this node has been there from the beginning. */
  begin(epoch: number, { fromStart }: { fromStart: boolean }): void {
    this.#epoch = epoch;
    this.#nextSeq = fromStart ? 1 : null;
  }

  /** The database has gone back in time, restored from a backup: its positions start anew. */
  rewind(): void {
    this.#lsn = LSN_ZERO;
    this.#ordinal = -1;
  }

  receive(batch: EnvelopeBatch): Received {
    if (batch.epoch !== this.#epoch) return { envelopes: [], repeated: [], lostAfter: null };
    const lostAfter = this.#nextSeq !== null && batch.seq > this.#nextSeq ? this.#lsn : null;
    this.#nextSeq = batch.seq + 1;
    const envelopes: ChangeEnvelope[] = [];
    const repeated: ChangeEnvelope[] = [];
    // Envelopes of one change come together: they are compared with what was seen before this message.
    const seen = this.position;
    for (const envelope of batch.envelopes) {
      const lsn = toLsn(envelope.lsn);
      if (!isAfter({ lsn, ordinal: envelope.ordinal }, seen)) {
        repeated.push(envelope);
        continue;
      }
      envelopes.push(envelope);
      this.#lsn = lsn;
      this.#ordinal = envelope.ordinal;
    }
    return { envelopes, repeated, lostAfter };
  }
}
