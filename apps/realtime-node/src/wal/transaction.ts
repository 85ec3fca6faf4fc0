import { LSN_ZERO, type Lsn } from "./lsn.ts";
import { MalformedWal, type WalMessage } from "./pgoutput.ts";
import type { Relation, RowChange } from "./row-change.ts";

/** What the stream says once its messages are put into their transactions. */
export type WalEvent =
  | { kind: "change"; change: RowChange }
  | { kind: "commit"; commitLsn: Lsn; endLsn: Lsn }
  | { kind: "message"; prefix: string; content: Buffer; receivedMs: number }
  | { kind: "truncate"; relations: Relation[] };

type RowMessage = Extract<WalMessage, { kind: "insert" | "update" | "delete" }>;

interface OpenTransaction {
  commitLsn: Lsn;
  commitMs: number;
  xid: number;
  rows: number;
}

/**
 * Gives each row the commit it belongs to. pgoutput sends a transaction whole, after its commit, and says the commit's
 * position at its beginning: rows can be handed on before the last one has arrived, so that a transaction of a million
 * rows is never held in memory.
 */
export class TransactionAssembler {
  #open: OpenTransaction | null = null;
  #unwantedLsn: Lsn = LSN_ZERO;

  /** Commit of the last row that came by and was not read, because nobody wanted it. */
  get unwantedLsn(): Lsn {
    return this.#unwantedLsn;
  }

  /** True between a transaction's first and last message: nothing beyond its commit may be acknowledged. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /**
   * @param bytes of the message in the stream
   * @returns null for messages that only change the state
   * @throws MalformedWal for a row outside a transaction
   */
  push(message: WalMessage, receivedMs: number, bytes: number): WalEvent | null {
    switch (message.kind) {
      case "begin":
        this.#open = { commitLsn: message.commitLsn, commitMs: message.commitMs, xid: message.xid, rows: 0 };
        return null;
      case "commit":
        this.#open = null;
        return { kind: "commit", commitLsn: message.commitLsn, endLsn: message.endLsn };
      case "insert":
      case "update":
      case "delete":
        return { kind: "change", change: this.#change(message, receivedMs, bytes) };
      case "unwanted":
        this.#unwantedLsn = this.#transaction().commitLsn;
        this.#transaction().rows++;
        return null;
      case "truncate":
        return { kind: "truncate", relations: message.relations };
      case "message":
        return { kind: "message", prefix: message.prefix, content: message.content, receivedMs };
      case "relation":
      case "ignored":
        return null;
    }
  }

  #change(message: RowMessage, receivedMs: number, bytes: number): RowChange {
    const transaction = this.#transaction();
    return {
      type: message.kind === "insert" ? "INSERT" : message.kind === "update" ? "UPDATE" : "DELETE",
      relation: message.relation,
      newTuple: message.kind === "delete" ? undefined : message.newTuple,
      oldTuple: message.kind === "insert" ? undefined : message.oldTuple,
      commitLsn: transaction.commitLsn,
      commitMs: transaction.commitMs,
      xid: transaction.xid,
      ordinal: transaction.rows++,
      receivedMs,
      bytes,
    };
  }

  #transaction(): OpenTransaction {
    if (this.#open === null) throw new MalformedWal("a row outside a transaction");
    return this.#open;
  }
}
