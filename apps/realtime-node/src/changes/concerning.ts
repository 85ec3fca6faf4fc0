import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Subscription } from "./subscription.ts";

type Beginning = Pick<Subscription, "fromLsn" | "sinceMs">;

/** Not what was committed before the channel's beginning. */
export function concerns({ lsn, committedMs }: ChangeEnvelope, { fromLsn, sinceMs }: Beginning): boolean {
  return fromLsn !== null && lsn >= fromLsn && committedMs >= sinceMs;
}

/**
 * Those that concern the channel: the very same array when all of them do, which is so for all but its first moments.
 *
 * @param changes of one message, so in the order of their commits
 */
export function concerningOf(
  changes: readonly ChangeEnvelope[],
  beginning: Beginning,
): readonly ChangeEnvelope[] {
  const { fromLsn, sinceMs } = beginning;
  const [first] = changes;
  if (first === undefined || fromLsn === null) return [];
  const isInTime = sinceMs === 0 || changes.every(({ committedMs }) => committedMs >= sinceMs);
  if (isInTime && first.lsn >= fromLsn) return changes;
  return changes.filter((change) => concerns(change, beginning));
}
