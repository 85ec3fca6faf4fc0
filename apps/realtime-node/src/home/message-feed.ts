import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import type { Log } from "../log.ts";
import { LSN_ZERO, type Lsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { insertedMs, isMessageTable, toBroadcast } from "./database-messages.ts";
import type { MessageTimes } from "./home-metrics.ts";

/** Where broadcasts out of the database go: to every member of the room, on all nodes. Must not throw. */
export interface DatabaseBroadcasts {
  publish(room: Room, broadcast: Broadcast, times: MessageTimes): void;
}

interface Options {
  ref: string;
  broadcasts: DatabaseBroadcasts;
  log: Log;
}

/**
 * Rows of `realtime.messages` as broadcasts, in the order of their commits. A stream that begins again repeats what was
 * not acknowledged: this home does not send it twice. The successor of a home that died between sending and acknowledging
 * knows from the nodes how far changes had come, and messages went out before the changes behind them. The rest, what the
 * dead home sent last, is the relay's: it knows a message by its id.
 */
export class MessageFeed {
  readonly #options: Options;
  #lastLsn: Lsn = LSN_ZERO;
  #lastOrdinal = -1;

  constructor(options: Options) {
    this.#options = options;
  }

  isSource(relation: Relation): boolean {
    return isMessageTable(relation);
  }

  /** The database has gone back in time: its positions begin anew. */
  rewind(): void {
    this.#lastLsn = LSN_ZERO;
    this.#lastOrdinal = -1;
  }

  /** Another home has sent everything that was committed before this. */
  skipBefore(lsn: Lsn): void {
    if (lsn <= this.#lastLsn) return;
    this.#lastLsn = lsn;
    this.#lastOrdinal = -1;
  }

  offer(change: RowChange): void {
    const { commitLsn, ordinal } = change;
    if (commitLsn < this.#lastLsn || (commitLsn === this.#lastLsn && ordinal <= this.#lastOrdinal)) return;
    this.#lastLsn = commitLsn;
    this.#lastOrdinal = ordinal;
    if (change.type !== "INSERT") return;
    const { ref, broadcasts, log } = this.#options;
    const message = toBroadcast(ref, change);
    if (message === null) {
      log.warn(
        { ref, code: "UnableToBroadcastChanges" },
        "a row of realtime.messages lacks what a broadcast needs",
      );
      return;
    }
    const times = { committedMs: change.commitMs, insertedMs: insertedMs(change) };
    broadcasts.publish(message.room, message.broadcast, times);
  }
}
