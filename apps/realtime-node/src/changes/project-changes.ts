import type { ChangeEnvelope, HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Refusal } from "@tidewire/protocol/errors";
import * as system from "@tidewire/protocol/supabase/system";
import type { Bus, Subscription as BusSubscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { RecentDurations } from "../wal/lag.ts";
import { formatLsn, LSN_ZERO, type Lsn, maxLsn, parseLsn } from "../wal/lsn.ts";
import { Arrivals } from "./arrivals.ts";
import { CatchUp } from "./catch-up.ts";
import { decodeMessage } from "./envelope-batch.ts";
import { Interruptions } from "./interruptions.ts";
import { HOME_BEAT_MS, type KnownHome } from "./known-home.ts";
import { onNotices } from "./notices.ts";
import { isOver, LEASE_RENEWAL_MS, Registrar, type ShapesClient } from "./registrar.ts";
import { resume } from "./resume.ts";
import { ShapeRoutes } from "./shape-routes.ts";
import type { NodeLife } from "./shapes.ts";
import type { Subscription } from "./subscription.ts";
import { tellGap, tellRenewed } from "./tell.ts";

/** Between two answers of an epoch that is over. */
const STALE_ANSWER_MS = 100;

export interface ProjectChangesOptions {
  ref: string;
  life: NodeLife;
  bus: Pick<Bus, "subscribe">;
  client: ShapesClient;
  clock: Clock;
  log: Log;
  /** After a change has been handed to all its channels here. */
  onDelivered?(ref: string, envelope: ChangeEnvelope, recipients: number): void;
}

/**
 * One project's row changes on this node: what its channels are promised, and what arrives. A new epoch of the home
 * voids every registration; the channels are registered again without their clients noticing, and what could not be
 * had meanwhile is told to them.
 */
export class ProjectChanges {
  readonly #options: ProjectChangesOptions;
  readonly #registrar: Registrar;
  readonly #subscriptions = new Set<Subscription>();
  readonly #routes = new ShapeRoutes();
  readonly #arrivals: Arrivals;
  readonly #busSubscriptions: BusSubscription[];
  readonly #interruptions: Interruptions;
  readonly #timers: Timer[];
  #epoch = 0;
  /** Whose epoch it is: after a crash Postgres may give out the same number again. Unknown until that home speaks. */
  #homeBoot: string | undefined;
  /** What the home had sent when it last renewed the lease. */
  #sent: { epoch: number; seq: number; lsn: string } | null = null;

  constructor(options: ProjectChangesOptions) {
    const { ref, life, bus, clock } = options;
    this.#options = options;
    this.#arrivals = new Arrivals({
      ...options,
      routes: this.#routes,
      subscriptions: this.#subscriptions,
      onLost: (span) => this.#tellGap(span),
    });
    const seenLsn = () => this.#arrivals.receiver.lastLsn;
    this.#registrar = new Registrar({
      ...options,
      seenLsn,
      onDelay: (...delayed) => this.#onDelay(...delayed),
    });
    this.#busSubscriptions = [
      onNotices(bus, ref, (notice) => this.#onNotice(notice)),
      bus.subscribe(subjects.changes(ref, life.node), ({ data }) => this.#onBatch(data)),
    ];
    this.#interruptions = new Interruptions({
      clock,
      subscriptions: this.#subscriptions,
      seenLsn,
    });
    this.#timers = [
      clock.every(LEASE_RENEWAL_MS, () => void this.#renew()),
      clock.every(HOME_BEAT_MS, () => this.#interruptions.look()),
    ];
  }

  /** From the bus to the socket. */
  get socketLag(): RecentDurations {
    return this.#arrivals.socketLag;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /**
   * Resolves with the position from which on every commit is delivered; the channel has been told so before.
   *
   * @throws Refusal when nothing but a change could help, or the channel has left; the channel has been told
   */
  async add(subscription: Subscription): Promise<{ lsn: string }> {
    this.#subscriptions.add(subscription);
    this.#interruptions.join(subscription);
    return this.#register(subscription);
  }

  remove(subscription: Subscription): void {
    const { holding } = subscription;
    if (!this.#subscriptions.delete(subscription)) return;
    subscription.holding = { kind: "over" };
    if (holding.kind === "held") this.#routes.delete(subscription, holding.shapes);
    this.#registrar.release(subscription);
    this.#arrivals.tidy();
  }

  close(): void {
    for (const timer of this.#timers) timer.stop();
    for (const each of this.#busSubscriptions) each.unsubscribe();
    for (const subscription of [...this.#subscriptions]) this.remove(subscription);
  }

  async #register(subscription: Subscription): Promise<{ lsn: string }> {
    for (;;) {
      const seenLsn = this.#arrivals.receiver.lastLsn;
      try {
        const answer = await this.#registrar.register(subscription);
        if (parseLsn(answer.lsn) < seenLsn) this.#rewind(parseLsn(answer.lsn));
        if (answer.epoch > this.#epoch) this.#beginUnannounced(answer.epoch);
        if (answer.epoch === this.#epoch) {
          this.#hold(subscription, answer);
          return { lsn: answer.lsn };
        }
        await this.#registrar.pause(STALE_ANSWER_MS);
      } catch (refusal) {
        this.#onRefused(subscription, refusal as Refusal);
        throw refusal;
      }
    }
  }

  #hold(subscription: Subscription, { shapes, missed, backlog, ...answer }: ShapesRegistered): void {
    if (isOver(subscription)) return;
    const isFirst = subscription.fromLsn === null;
    const { replaces, subscriber } = subscription;
    const lsn = backlog?.fromLsn ?? answer.lsn;
    if (isFirst) {
      subscription.sinceMs = replaces?.sinceMs ?? backlog?.sinceMs ?? 0;
      subscription.catchUp =
        replaces?.catchUp ?? (backlog ? new CatchUp(this.#arrivals.receiver.position) : null);
    }
    subscription.fromLsn ??= replaces?.fromLsn ?? parseLsn(lsn);
    subscription.holding = { kind: "held", shapes };
    subscription.heldEpoch = answer.epoch;
    this.#routes.add(subscription, shapes);
    const unserved = resume(subscription, this.#arrivals.receiver.position, backlog);
    if (isFirst) subscriber.system(system.subscribed(subscriber.topic, lsn));
    for (const lost of [missed, unserved]) if (lost) tellGap(subscription, lost);
    const served = new Set(replaces?.holding.kind === "held" ? replaces.holding.shapes : []);
    this.#arrivals.tellDropped(subscription, served);
    if (!this.#interruptions.isOpen) this.#closeOwnLoss(subscription, { isFirst, toLsn: answer.lsn });
    this.#arrivals.serve(subscription, served);
    if (replaces !== null) {
      subscription.toldLost ||= replaces.toldLost;
      subscription.replaces = null;
      this.remove(replaces);
    }
    this.#arrivals.tidy();
  }

  /** Unless the loss is everybody's, whose end is still to be told. To a new channel `Subscribed` says it all. */
  #closeOwnLoss(subscription: Subscription, { isFirst, toLsn }: { isFirst: boolean; toLsn: string }): void {
    if (isFirst) subscription.toldLost = false;
    const seenLsn = maxLsn(subscription.fromLsn ?? LSN_ZERO, this.#arrivals.receiver.lastLsn);
    tellRenewed(subscription, { fromLsn: formatLsn(seenLsn), toLsn });
  }

  /** The home tells what has been lost by it. */
  #rewind(toLsn: Lsn): void {
    this.#arrivals.receiver.rewind();
    for (const subscription of this.#subscriptions) {
      if (subscription.fromLsn !== null && subscription.fromLsn > toLsn) subscription.fromLsn = toLsn;
    }
  }

  /** What was registered in an earlier epoch is void. Those on their way find out by their answers. */
  #begin(epoch: number, homeBoot?: string): void {
    this.#arrivals.begin(epoch, { fromStart: this.#epoch !== 0 });
    this.#epoch = epoch;
    this.#homeBoot = homeBoot;
    this.#sent = null;
    if (this.#subscriptions.size > 0) this.#registrar.announce(this.#subscriptions.size);
    this.#registerAgain();
  }

  /** A home has answered, or sent changes, before its announcement has arrived. */
  #beginUnannounced(epoch: number): void {
    this.#interruptions.succeeded(epoch);
    this.#begin(epoch);
  }

  #registerAgain(): void {
    const { log, ref } = this.#options;
    this.#routes.clear();
    for (const subscription of this.#subscriptions) {
      if (subscription.holding.kind !== "held") continue;
      subscription.holding = { kind: "pending" };
      subscription.pendingFrom = this.#arrivals.receiver.position;
      this.#register(subscription).catch((err: unknown) =>
        log.info({ err, ref }, "a subscription was not renewed"),
      );
    }
  }

  async #renew(): Promise<void> {
    const holdings = [...this.#subscriptions].map(({ holding }) => holding.kind);
    if (holdings.length === 0) return;
    const answer = await this.#registrar.renew(holdings.length, { isSettled: !holdings.includes("pending") });
    if (answer === null) return;
    this.#noticeLostTail();
    this.#sent = answer.sent === undefined ? null : { ...answer.sent, epoch: answer.epoch };
    if (answer.isForgotten) this.#registerAgain();
  }

  /** An answer may overtake changes that were sent before it, but not those of the answer before. */
  #noticeLostTail(): void {
    if (this.#sent === null) return;
    const { epoch, seq, lsn } = this.#sent;
    const lostAfter = this.#arrivals.receiver.expect(epoch, seq);
    if (lostAfter === null) return;
    this.#tellGap({ fromLsn: formatLsn(lostAfter), toLsn: lsn });
  }

  #tellGap(span: { fromLsn: string; toLsn: string }): void {
    for (const subscription of this.#subscriptions) tellGap(subscription, span);
  }

  #onBatch(data: Uint8Array): void {
    const batch = decodeMessage(data);
    if (batch.boot !== this.#options.life.boot) return;
    if (batch.epoch > this.#epoch) this.#beginUnannounced(batch.epoch);
    this.#arrivals.onBatch(batch);
  }

  #onNotice(notice: HomeNotice): void {
    switch (notice.kind) {
      case "home":
      case "stepped-down":
        this.#interruptions.heard(notice);
        this.#follow(this.#interruptions.home);
        return;
      case "database-lost":
        this.#interruptions.lost(notice);
        return;
      case "database-recovered":
        this.#interruptions.recovered(notice);
        return;
      case "rows-skipped":
        for (const { subscriber } of this.#routes.subscriptionsOf(notice.shapes)) {
          subscriber.system(system.rowsSkipped(subscriber.topic, notice.rows));
        }
        return;
      case "authorization":
        return;
    }
  }

  #follow(home: KnownHome | null): void {
    if (home === null || home.boot === null) return;
    if (home.epoch === this.#epoch) this.#homeBoot ??= home.boot;
    if (home.epoch === this.#epoch && home.boot === this.#homeBoot) return;
    if (this.#epoch !== 0) this.#registrar.askAnew();
    this.#begin(home.epoch, home.boot);
  }

  /** Once per loss: the attempts that follow say nothing new. */
  #onDelay(subscription: Subscription, refusal: Refusal): void {
    this.#options.log.debug(
      { err: refusal, ref: this.#options.ref },
      "a subscription to changes is tried again",
    );
    if (subscription.toldLost) return;
    subscription.toldLost = true;
    const { subscriber } = subscription;
    subscriber.system(system.bindingsRefused(subscriber.topic, refusal.reason()));
  }

  #onRefused(subscription: Subscription, refusal: Refusal): void {
    if (isOver(subscription)) return;
    const { subscriber } = subscription;
    this.remove(subscription);
    subscriber.system(system.bindingsRefused(subscriber.topic, refusal.reason()));
  }
}
