import * as system from "@tidewire/protocol/supabase/system";
import { formatLsn, LSN_ZERO, type Lsn, maxLsn, parseLsn } from "../wal/lsn.ts";
import type { Subscription } from "./subscription.ts";

/** What a channel is told about interruptions (promise P6, difference D12): each beginning once, each end once. */

interface Loss {
  reason: string;
  sinceMs: number;
  lsn: string;
}

interface Span {
  fromLsn: string;
  toLsn: string;
}

export function tellLoss(subscription: Subscription, { reason, sinceMs, lsn }: Loss): void {
  if (subscription.toldLost) return;
  subscription.toldLost = true;
  const { subscriber } = subscription;
  subscriber.system(system.databaseLost(subscriber.topic, { reason, sinceMs, lsn }));
}

/**
 * The end of an interruption: for those who were told of its beginning, and for those who lost something by it.
 *
 * @param seenLsn the last change that this node has seen; a home with a new slot does not know where the old one ended
 */
export function tellRecovered(
  subscription: Subscription,
  { fromLsn, toLsn, complete }: Span & { complete: boolean },
  seenLsn: Lsn,
): void {
  const { subscriber, toldLost } = subscription;
  const hasLost = !complete && subscription.fromLsn !== null && subscription.fromLsn < parseLsn(toLsn);
  subscription.toldLost = false;
  if (!toldLost && !hasLost) return;
  const ownLsn = maxLsn(subscription.fromLsn ?? LSN_ZERO, seenLsn);
  const isEarlier = hasLost && ownLsn < parseLsn(fromLsn);
  // To whom nothing was promised yet, nothing was lost.
  const span = { fromLsn: isEarlier ? formatLsn(ownLsn) : fromLsn, toLsn, complete: complete || !hasLost };
  subscriber.system(system.databaseRecovered(subscriber.topic, span));
}

/** The channel was told of a loss that was its own, such as a registration that failed; it is over. */
export function tellRenewed(subscription: Subscription, span: Span): void {
  if (!subscription.toldLost) return;
  subscription.toldLost = false;
  const { subscriber } = subscription;
  subscriber.system(system.databaseRecovered(subscriber.topic, { ...span, complete: true }));
}

/** Changes that will not come. A channel that began in between has lost only what came after its beginning. */
export function tellGap({ subscriber, fromLsn }: Subscription, lost: Span): void {
  const ownLsn = maxLsn(fromLsn ?? LSN_ZERO, parseLsn(lost.fromLsn));
  if (ownLsn >= parseLsn(lost.toLsn)) return;
  const span = { fromLsn: formatLsn(ownLsn), toLsn: lost.toLsn, complete: false };
  subscriber.system(system.databaseRecovered(subscriber.topic, span));
}
