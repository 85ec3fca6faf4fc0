import type { ProjectLimits } from "@tidewire/protocol/project";

/** Burst a project may spend at once: one second's worth, so that a limit means what it says (difference D14). */
const BURST_SECONDS = 1;
/**
 * Deliveries may burst further: one message to every member of a full room is ordinary. Supabase averages over up to a
 * minute and would not notice; sustained, sends and deliveries together stay within the limit.
 */
const DELIVERY_BURST_SECONDS = 10;
/** A single huge fan-out must not silence a project for longer than Supabase's averaging window would (protocol 8). */
const DEBT_SECONDS_MAX = 60;
const MS_PER_SECOND = 1_000;

export interface BucketState {
  /** May be negative: a charge for deliveries is known only after they were made. */
  tokens: number;
  atMs: number;
}

/** The bucket as it stands at `nowMs`; a clock that went back adds nothing. */
export function refill(
  state: BucketState,
  perSecond: number,
  nowMs: number,
  burstSeconds = BURST_SECONDS,
): BucketState {
  const elapsedMs = Math.max(0, nowMs - state.atMs);
  const tokens = Math.min(perSecond * burstSeconds, state.tokens + (elapsedMs * perSecond) / MS_PER_SECOND);
  return { tokens, atMs: nowMs };
}

export type RateVerdict = { ok: true } | { ok: false; retryAfterMs: number };
const GRANTED: RateVerdict = { ok: true };

/** How long a request for `n` tokens has to wait; 0 when it may pass now. More than a full bucket asks for a full one. */
export function waitMs(state: BucketState, perSecond: number, n: number): number {
  const missing = Math.min(n, perSecond * BURST_SECONDS) - state.tokens;
  // Refilling in fractions leaves errors of 1e-12 tokens; without this margin a wait of 0 ms would be refused.
  return missing <= 1e-9 ? 0 : Math.ceil((missing * MS_PER_SECOND) / perSecond);
}

export type RateKind = "joins" | "events" | "presence";

const LIMIT_OF = {
  joins: "maxJoinsPerSecond",
  events: "maxEventsPerSecond",
  presence: "maxPresenceEventsPerSecond",
} as const satisfies Record<RateKind, keyof ProjectLimits>;

/**
 * Token buckets of one project on one node: exact and instant (difference D14). Limits are read at every call, so a
 * change in the dashboard counts from the next message on.
 */
export class ProjectRates {
  readonly #limits: () => ProjectLimits;
  readonly #nowMs: () => number;
  readonly #buckets: Record<RateKind, BucketState>;
  /** What is left for events once deliveries are counted too. */
  #traffic: BucketState;

  /** @param nowMs monotonic milliseconds */
  constructor(limits: () => ProjectLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    const full = () => ({ tokens: Number.POSITIVE_INFINITY, atMs: nowMs() });
    this.#buckets = { joins: full(), events: full(), presence: full() };
    this.#traffic = full();
  }

  /** Spends `n` tokens, or none and says when they will be there. */
  take(kind: RateKind, n = 1): RateVerdict {
    const verdict = this.#verdict(kind, n);
    if (!verdict.ok) return verdict;
    this.#refilled(kind).tokens -= n;
    if (kind === "events") this.#refilledTraffic().tokens -= n;
    return GRANTED;
  }

  /** Spends `n` tokens that were already used, deliveries for instance; the debt delays the next `take`. */
  charge(kind: RateKind, n: number): void {
    const bucket = kind === "events" ? this.#refilledTraffic() : this.#refilled(kind);
    bucket.tokens = Math.max(bucket.tokens - n, -this.#perSecond(kind) * DEBT_SECONDS_MAX);
  }

  /** Whether a `take` of one would pass; spends nothing. */
  peek(kind: RateKind): RateVerdict {
    return this.#verdict(kind, 1);
  }

  /** Whole tokens that could be spent now. */
  remaining(kind: RateKind): number {
    return Math.max(0, Math.floor(this.#refilled(kind).tokens));
  }

  #verdict(kind: RateKind, n: number): RateVerdict {
    const perSecond = this.#perSecond(kind);
    const ownMs = waitMs(this.#refilled(kind), perSecond, n);
    const trafficMs = kind === "events" ? waitMs(this.#refilledTraffic(), perSecond, 1) : 0;
    const retryAfterMs = Math.max(ownMs, trafficMs);
    return retryAfterMs > 0 ? { ok: false, retryAfterMs } : GRANTED;
  }

  #perSecond(kind: RateKind): number {
    return this.#limits()[LIMIT_OF[kind]];
  }

  #refilled(kind: RateKind): BucketState {
    const state = refill(this.#buckets[kind], this.#perSecond(kind), this.#nowMs());
    this.#buckets[kind] = state;
    return state;
  }

  #refilledTraffic(): BucketState {
    this.#traffic = refill(this.#traffic, this.#perSecond("events"), this.#nowMs(), DELIVERY_BURST_SECONDS);
    return this.#traffic;
  }
}
