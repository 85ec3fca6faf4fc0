import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Clock } from "../clock.ts";
import { RecentDurations } from "../wal/lag.ts";
import { formatLsn, toLsn } from "../wal/lsn.ts";
import { concerningOf, concerns } from "./concerning.ts";
import { deliveriesOf } from "./deliveries.ts";
import { EnvelopeBacklog } from "./envelope-backlog.ts";
import type { EnvelopeBatch } from "./envelope-batch.ts";
import { positionOf } from "./position.ts";
import { Receiver } from "./receiver.ts";
import { Recipients } from "./recipients.ts";
import type { ShapeRoutes } from "./shape-routes.ts";
import type { Subscription } from "./subscription.ts";
import { tellGap } from "./tell.ts";

interface Options {
  ref: string;
  clock: Clock;
  routes: ShapeRoutes;
  subscriptions: Iterable<Subscription>;
  /** Messages of the home are missing; those behind them follow. */
  onLost(span: { fromLsn: string; toLsn: string }): void;
  /** After a change has been handed to all its channels here. */
  onDelivered?(ref: string, envelope: ChangeEnvelope, recipients: number): void;
}

/**
 * What a project's home sends to this node, on its way to the channels: what was seen before is dropped, but for those
 * that are behind; what comes while a channel is being registered waits for it.
 */
export class Arrivals {
  readonly receiver = new Receiver();
  readonly socketLag = new RecentDurations();
  readonly #options: Options;
  readonly #backlog = new EnvelopeBacklog();

  constructor(options: Options) {
    this.#options = options;
  }

  onBatch(batch: EnvelopeBatch): void {
    const { envelopes, repeated, lostAfter } = this.receiver.receive(batch);
    const [first] = envelopes;
    if (lostAfter !== null && first !== undefined) {
      this.#options.onLost({ fromLsn: formatLsn(lostAfter), toLsn: formatLsn(toLsn(first.lsn)) });
    }
    const isSomebodyPending = this.#isSomebodyPending();
    for (const envelope of repeated) {
      if (isSomebodyPending) this.#backlog.add(envelope, { isRepeated: true });
      for (const { subscription } of this.#options.routes.targets(envelope.kind.shapes)) {
        if (subscription.catchUp?.admits(positionOf(envelope), batch)) this.#deliver(envelope, subscription);
      }
    }
    if (isSomebodyPending)
      for (const envelope of envelopes) this.#backlog.add(envelope, { isRepeated: false });
    this.#deliverToAll(envelopes);
  }

  /**
   * A channel is registered now: it is told of what has come meanwhile and could not be kept for it.
   *
   * @param served shapes under which it has had that already, with its previous token
   */
  tellDropped(subscription: Subscription, served: ReadonlySet<string>): void {
    for (const { shapes, isRepeated, fromLsn, toLsn } of this.#backlog.overflows) {
      if (isRepeated && subscription.catchUp === null) continue;
      if (shapes.some((shape) => served.has(shape))) continue;
      if (this.#options.routes.idsOf(subscription, shapes).length === 0) continue;
      tellGap(subscription, { fromLsn: formatLsn(fromLsn), toLsn: formatLsn(toLsn) });
    }
  }

  /**
   * And it is given what could be kept.
   *
   * @param served shapes under which it has had that already, with its previous token
   */
  serve(subscription: Subscription, served: ReadonlySet<string>): void {
    for (const { envelope, isRepeated } of this.#backlog) {
      if (envelope.kind.shapes.some((shape) => served.has(shape))) continue;
      // Also of what was new: should another home repeat it, this channel has it.
      const isNew = subscription.catchUp?.admits(positionOf(envelope), this.#backlog) ?? !isRepeated;
      if (isNew) this.#deliver(envelope, subscription);
    }
  }

  /** When nobody is being registered, nothing is kept. */
  tidy(): void {
    if (!this.#isSomebodyPending()) this.#backlog.clear();
  }

  /** Shapes mean something else from now on. Whoever was still waiting to be served is behind. */
  begin(epoch: number, { fromStart }: { fromStart: boolean }): void {
    this.receiver.begin(epoch, { fromStart });
    if (this.#backlog.isEmpty) return;
    this.#backlog.clear();
    for (const subscription of this.#options.subscriptions)
      subscription.behindSince ??= subscription.pendingFrom;
  }

  #deliverToAll(envelopes: readonly ChangeEnvelope[]): void {
    const { routes, clock, onDelivered, ref } = this.#options;
    const recipients = new Recipients();
    for (const [subscription, deliveries] of deliveriesOf(envelopes, routes)) {
      for (const { ids, changes } of deliveries) {
        const concerning = concerningOf(changes, subscription);
        if (concerning.length === 0) continue;
        subscription.subscriber.deliver(ids, concerning);
        recipients.add(concerning);
      }
    }
    const nowMs = clock.nowMs();
    for (const envelope of envelopes) {
      this.socketLag.add(nowMs - envelope.times.sentMs, nowMs);
      onDelivered?.(ref, envelope, recipients.of(envelope));
    }
  }

  #deliver(envelope: ChangeEnvelope, to: Subscription): void {
    const ids = this.#options.routes.idsOf(to, envelope.kind.shapes);
    if (ids.length > 0 && concerns(envelope, to)) to.subscriber.deliver(ids, [envelope]);
  }

  #isSomebodyPending(): boolean {
    for (const { holding } of this.#options.subscriptions) if (holding.kind === "pending") return true;
    return false;
  }
}
