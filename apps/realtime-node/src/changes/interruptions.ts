import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { Clock } from "../clock.ts";
import { formatLsn, type Lsn } from "../wal/lsn.ts";
import { HOME_SILENT_MS, hear, type KnownHome } from "./known-home.ts";
import type { Subscription } from "./subscription.ts";
import { tellLoss, tellRecovered } from "./tell.ts";

/** A home that stepped down is followed by another within a second; after that it is an interruption like others. */
const HAND_OVER_MS = 1_000;

type Notice<K extends HomeNotice["kind"]> = Extract<HomeNotice, { kind: K }>;

interface Loss {
  reason: string;
  sinceMs: number;
  lsn: string;
  /** The home that fell silent: should it speak again, nobody else will say that the loss is over. */
  silent?: KnownHome;
}

interface Options {
  subscriptions: Iterable<Subscription>;
  clock: Clock;
  /** The last change that this node has seen. */
  seenLsn(): Lsn;
}

/**
 * What keeps one project's changes from this node: its home has lost the database and says so, or there is no home to
 * say anything. Every channel is told the beginning once and the end once (promise P6, difference D12).
 *
 * ```text
 * well -> lost (said by a home, or by its silence) -> well (said by a home, or heard from it again)
 * ```
 */
export class Interruptions {
  readonly #options: Options;
  #home: KnownHome | null = null;
  #homelessSinceMs: number | null = null;
  #loss: Loss | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#loss !== null;
  }

  get home(): KnownHome | null {
    return this.#home;
  }

  /** A channel that comes while it lasts. */
  join(subscription: Subscription): void {
    if (this.#loss !== null) tellLoss(subscription, this.#loss);
  }

  lost({ reason, sinceMs, lsn }: Notice<"database-lost">): void {
    this.#begin({ reason, sinceMs, lsn });
  }

  recovered(notice: Notice<"database-recovered">): void {
    this.#loss = null;
    for (const each of this.#options.subscriptions) tellRecovered(each, notice, this.#options.seenLsn());
  }

  /** A home speaks, or says that it is none any more. */
  heard(notice: Notice<"home" | "stepped-down">): void {
    const nowMs = this.#options.clock.monotonicMs();
    const previous = this.#home;
    this.#home = hear(previous, notice, nowMs);
    this.#homelessSinceMs = this.#home !== null ? null : (this.#homelessSinceMs ?? nowMs);
    const { silent } = this.#loss ?? {};
    if (silent !== undefined && this.#home !== null && isSame(silent, this.#home)) this.#closeSilence();
  }

  /** There is a home that has not spoken yet; whatever the one before may still say, its term is over. */
  succeeded(epoch: number): void {
    this.#home = { node: null, boot: null, epoch, heardAtMs: this.#options.clock.monotonicMs() };
    this.#homelessSinceMs = null;
  }

  /** To be called about once a second: silence is noticed by nobody else. */
  look(): void {
    const silentMs = this.#silentMs();
    if (this.#loss !== null || silentMs === null) return;
    this.#begin({
      reason: "the node that reads the database is gone, and no other has taken its place yet",
      sinceMs: this.#options.clock.nowMs() - Math.round(silentMs),
      lsn: formatLsn(this.#options.seenLsn()),
      ...(this.#home !== null && { silent: this.#home }),
    });
  }

  /** Null while there is a home, or there has never been one. */
  #silentMs(): number | null {
    const nowMs = this.#options.clock.monotonicMs();
    const isHomeless = this.#home === null;
    const sinceMs = this.#home?.heardAtMs ?? this.#homelessSinceMs;
    if (sinceMs === null) return null;
    return nowMs - sinceMs > (isHomeless ? HAND_OVER_MS : HOME_SILENT_MS) ? nowMs - sinceMs : null;
  }

  #begin(loss: Loss): void {
    this.#loss ??= loss;
    for (const each of this.#options.subscriptions) tellLoss(each, this.#loss);
  }

  /** What it sent meanwhile and did not arrive is told by itself, as a gap. */
  #closeSilence(): void {
    const fromLsn = this.#loss?.lsn ?? "0/0";
    this.#loss = null;
    const seenLsn = this.#options.seenLsn();
    const span = { fromLsn, toLsn: formatLsn(seenLsn), complete: true };
    for (const each of this.#options.subscriptions) tellRecovered(each, span, seenLsn);
  }
}

function isSame(silent: KnownHome, home: KnownHome): boolean {
  return silent.boot === null ? silent.epoch === home.epoch : silent.boot === home.boot;
}
