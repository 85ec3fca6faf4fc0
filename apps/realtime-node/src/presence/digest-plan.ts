/** A lost delta shows at the next digest; together with a transfer that stays well below the 10 s of promise P4. */
export const TICK_MS = 3_000;
/** Whoever missed the last change of a room has had five chances to learn of it by then. */
const BUSY_MS = 15_000;
const QUIET_MS = 30_000;
/** An author is silent for longer than its digests allow: it is asked whether it still has members. */
const SILENT_MS = QUIET_MS + 4 * TICK_MS;

/** Busy rooms say their version every tick, quiet ones now and then: a node has far more quiet rooms than busy ones. */
export function isDigestDue(nowMs: number, room: { changedMs: number; digestMs: number }): boolean {
  const isBusy = nowMs - room.changedMs <= BUSY_MS;
  return isBusy || nowMs - room.digestMs >= QUIET_MS;
}

export function isSilent(nowMs: number, heardMs: number): boolean {
  return nowMs - heardMs > SILENT_MS;
}
