/** A candidate 50 ms from the database lets one beside it go first by 100 ms: enough to connect and take the lock. */
const WAIT_PER_RTT = 2;
/** A fail-over must not wait longer than this for nodes that may not stand at all. */
const WAIT_MS_MAX = 500;

/**
 * How long a node waits before it stands for election, so that the one nearest to the database tries first. The lock
 * decides all the same: this only saves the hand-over that would follow.
 *
 * @param rttMs to the database; null when it could not be measured: then others know better
 * @param rivals other nodes that are alive
 */
export function standoffMs(rttMs: number | null, rivals: number): number {
  if (rivals === 0) return 0;
  return rttMs === null ? WAIT_MS_MAX : Math.min(WAIT_MS_MAX, Math.round(rttMs * WAIT_PER_RTT));
}
