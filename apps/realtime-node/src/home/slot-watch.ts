import type { Log } from "../log.ts";
import type { Session } from "../wal/session.ts";
import { type SlotStatus, slotStatus } from "../wal/slot.ts";

/** Before the slot is given up, somebody should have had the time to help. */
const WARN_SHARE = 0.5;

/** Where the slot stands, and whether it holds back more than the project allows. */
export class SlotWatch {
  readonly #log: Log;
  readonly #slot: string;
  #status: SlotStatus | null = null;
  #hasWarned = false;

  constructor(slot: string, log: Log) {
    this.#slot = slot;
    this.#log = log;
  }

  get status(): SlotStatus | null {
    return this.#status;
  }

  /** @returns "give-up" when the slot retains more than it may: the project's limit is there to save the database's disk */
  async look(session: Session, retainedBytesMax: number): Promise<"keep" | "give-up"> {
    const status = await slotStatus(session, this.#slot);
    this.#status = status;
    const { retainedBytes, blocker } = status;
    if (retainedBytes > retainedBytesMax) {
      this.#log.error({ slot: this.#slot, retainedBytes, retainedBytesMax, blocker }, "the slot is given up");
      return "give-up";
    }
    const isTooMuch = retainedBytes > retainedBytesMax * WARN_SHARE;
    if (isTooMuch && !this.#hasWarned) {
      this.#log.warn(
        { code: "ReplicationSlotLagTooHigh", slot: this.#slot, retainedBytes, retainedBytesMax, blocker },
        "the slot retains too much WAL",
      );
    }
    this.#hasWarned = isTooMuch;
    return "keep";
  }
}
