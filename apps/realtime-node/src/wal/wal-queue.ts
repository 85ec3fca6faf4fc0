import type { Lsn } from "./lsn.ts";
import type { Relation, RowChange } from "./row-change.ts";
import type { WalEvent } from "./transaction.ts";

export interface LogicalMessage {
  prefix: string;
  content: Buffer;
  receivedMs: number;
}

/** A piece of the stream, in its order. May hold several transactions, and parts of one. */
export interface WalBatch {
  changes: RowChange[];
  messages: LogicalMessage[];
  truncated: Relation[];
  /** Present when a transaction ended in this batch: once the batch is done with, it may be acknowledged up to here. */
  ackLsn: Lsn | undefined;
}

/** Counted beside a message's own bytes: objects and strings cost more than their text. */
const OVERHEAD_BYTES = 200;

/**
 * What was received and not yet taken. Bounded in bytes by its owner, who pauses the socket while it `isFull` and
 * resumes once it `isHalfEmpty`; Postgres keeps the rest meanwhile.
 */
export class WalQueue {
  readonly #bytesMax: number;
  #events: WalEvent[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#events.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  get isHalfEmpty(): boolean {
    return this.#bytes <= this.#bytesMax / 2;
  }

  push(event: WalEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
  }

  /** Removes and returns up to `eventsMax` events. */
  take(eventsMax: number): WalBatch {
    const taken = this.#events.length <= eventsMax ? this.#events : this.#events.splice(0, eventsMax);
    if (taken === this.#events) this.#events = [];
    const batch: WalBatch = { changes: [], messages: [], truncated: [], ackLsn: undefined };
    for (const event of taken) {
      this.#bytes -= sizeOf(event);
      if (event.kind === "change") batch.changes.push(event.change);
      else if (event.kind === "commit") batch.ackLsn = event.endLsn;
      else if (event.kind === "message") batch.messages.push(event);
      else batch.truncated.push(...event.relations);
    }
    return batch;
  }

  clear(): void {
    this.#events = [];
    this.#bytes = 0;
  }
}

function sizeOf(event: WalEvent): number {
  if (event.kind === "change") return OVERHEAD_BYTES + event.change.bytes;
  return OVERHEAD_BYTES + (event.kind === "message" ? event.content.length : 0);
}
