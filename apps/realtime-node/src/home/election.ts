import { createHash } from "node:crypto";
import type { Session } from "../wal/session.ts";

/** Another session holds the project's lock: somebody else is its home. */
export class NotElected extends Error {
  override readonly name = "NotElected";
  constructor() {
    super("another node is the home of this project");
  }
}

/**
 * The election: a session-level advisory lock, taken in the replication session before it streams. Lock and stream live
 * and die together, so that Postgres itself ends the term of a home that has died.
 *
 * @returns the epoch of the new term: greater than that of every term before, in this database
 * @throws NotElected
 */
export async function standForElection(session: Session, ref: string): Promise<number> {
  const [lock] = await session.rows(`select pg_try_advisory_lock(${lockKey(ref)}) as locked`);
  if (lock?.locked !== "t") throw new NotElected();
  return nextEpoch(session);
}

/**
 * Transaction ids only grow, and need no table of ours. The message has its commit flushed: after a crash Postgres gives
 * an id out again of which it has nothing in writing.
 */
export async function nextEpoch(session: Session): Promise<number> {
  const [row] = await session.rows(
    "select pg_current_xact_id() as epoch, pg_logical_emit_message(true, 'tidewire', 'epoch')",
  );
  return Number(row?.epoch);
}

/** 63 bits of a digest: two projects in one database must not share a lock. */
export function lockKey(ref: string): string {
  const digest = createHash("sha256").update(`tidewire/home/${ref}`).digest();
  return String(digest.readBigUInt64BE() >> 1n);
}

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;

/** From 100 ms, doubling, to 5 s; a random half of it is left out, so that nodes do not come in step. */
export function retryDelayMs(attempt: number, random: number): number {
  const fullMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(fullMs * (1 - random / 2));
}
