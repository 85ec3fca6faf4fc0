import type { GapCause } from "@tidewire/db/gap-causes";
import { LSN_ZERO, type Lsn, maxLsn } from "../wal/lsn.ts";
import type { SlotStart } from "../wal/slot.ts";
import type { Former } from "./former-terms.ts";

/** Changes that nobody will be given: committed after the first position, up to the second. */
export interface LostSpan {
  readonly cause: GapCause;
  readonly fromLsn: Lsn;
  readonly toLsn: Lsn;
}

/** Where the stream goes on. */
export interface Resumption {
  readonly slot: SlotStart;
  /** How far the database had come when the stream began. */
  readonly serverLsn: Lsn;
  /** Where the history that was streamed before has ended; null while it is the database's history still. */
  readonly divergedLsn: Lsn | null;
}

/**
 * What was lost between two streams. A new slot has nothing of what was committed before it; a database that was
 * restored, or a standby that was behind, knows nothing of what had been handed on.
 *
 * @param ackedLsn up to here everything had been handed on; zero when this node cannot know
 */
export function lostSpan(ackedLsn: Lsn, { slot, serverLsn, divergedLsn }: Resumption): LostSpan | null {
  const knownLsn = divergedLsn ?? serverLsn;
  if (ackedLsn > knownLsn) return { cause: "database-rewound", fromLsn: knownLsn, toLsn: ackedLsn };
  if (slot.created === null) return null;
  return { cause: slot.created, fromLsn: ackedLsn, toLsn: slot.fromLsn };
}

/**
 * The same for a home that has taken over: the nodes know how far the one before it had come.
 */
export function lostSince(
  { seenLsn, promisedLsn, aheadLsn }: Former,
  lost: LostSpan | null,
  { serverLsn }: Pick<Resumption, "serverLsn">,
): LostSpan | null {
  const knownLsn = maxLsn(seenLsn, aheadLsn);
  if (knownLsn > serverLsn) return { cause: "database-rewound", fromLsn: serverLsn, toLsn: knownLsn };
  if (lost === null || lost.fromLsn !== LSN_ZERO) return lost;
  const coveredLsn = maxLsn(seenLsn, promisedLsn);
  // Nothing was promised to anybody.
  if (coveredLsn === LSN_ZERO || coveredLsn >= lost.toLsn) return null;
  return { ...lost, fromLsn: coveredLsn };
}
