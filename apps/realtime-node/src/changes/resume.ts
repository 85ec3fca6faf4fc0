import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { formatLsn, parseLsn } from "../wal/lsn.ts";
import { CatchUp } from "./catch-up.ts";
import type { Position } from "./position.ts";
import type { Subscription } from "./subscription.ts";

/**
 * A channel is registered again: if it is behind, it catches up from there.
 *
 * @param position what its node has seen by now
 * @returns what will not come again, of what it has not had
 */
export function resume(
  subscription: Subscription,
  position: Position,
  backlog: ShapesRegistered["backlog"],
): { fromLsn: string; toLsn: string } | null {
  const { behindSince } = subscription;
  subscription.pendingFrom = null;
  subscription.behindSince = null;
  if (behindSince === null) return null;
  subscription.catchUp = new CatchUp(position, behindSince);
  const toLsn = backlog === undefined ? position.lsn : parseLsn(backlog.fromLsn);
  if (toLsn <= behindSince.lsn) return null;
  return { fromLsn: formatLsn(behindSince.lsn), toLsn: formatLsn(toLsn) };
}
