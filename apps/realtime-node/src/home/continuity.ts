import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import { LSN_ZERO, type Lsn, maxLsn } from "../wal/lsn.ts";
import type { Claim, History } from "./claim.ts";
import type { Former } from "./former-terms.ts";
import { type LostSpan, lostSince, lostSpan } from "./lost-span.ts";
import { Outages, recovered } from "./outages.ts";

type Recovered = Extract<HomeNotice, { kind: "database-recovered" }>;

/**
 * One project's changes across all the streams that bring them: what has been handed on, which interruption is open,
 * and what nobody will ever be given.
 */
export class Continuity {
  readonly outages: Outages;
  readonly #ref: string;
  #claim: Claim | null = null;
  /** Never goes back within a term: a slot that a crash has put back does not undo what was handed on. */
  #handedOnLsn: Lsn = LSN_ZERO;
  #lost: LostSpan | null = null;
  #isTakeOver = false;

  constructor(ref: string) {
    this.#ref = ref;
    this.outages = new Outages(ref);
  }

  get claim(): Claim | null {
    return this.#claim;
  }

  /** The database stands before what was handed on. */
  get isRewound(): boolean {
    return this.#lost?.cause === "database-rewound";
  }

  get history(): History | null {
    return this.#claim?.history ?? null;
  }

  handedOn(lsn: Lsn): void {
    this.#handedOnLsn = maxLsn(this.#handedOnLsn, lsn);
  }

  /**
   * The stream is about to begin again.
   *
   * @returns whether the term goes on: nobody else was home meanwhile, and nothing is lost
   */
  resume(claim: Claim): boolean {
    const isFirst = this.#claim === null;
    const { fromLsn } = claim.slot;
    const lost = lostSpan(this.#handedOnLsn, claim);
    const goesOn = !isFirst && lost === null && fromLsn <= this.#handedOnLsn;
    this.#claim = claim;
    this.#lost = lost ?? this.#lost;
    this.outages.isFrom(fromLsn);
    if (goesOn) return true;
    this.#handedOnLsn = fromLsn;
    this.#isTakeOver = true;
    return false;
  }

  /** The slot could not be read any further and was moved on. */
  skip(toLsn: Lsn): void {
    this.#lost = { cause: "slot-unreadable", fromLsn: this.#handedOnLsn, toLsn };
    this.#handedOnLsn = toLsn;
  }

  /**
   * Everything committed before the stream began has been handed on, but for what is lost.
   *
   * @returns what to tell the nodes, if anything: also the end of a loss that the home before may have announced
   */
  caughtUp(nowMs: number, former: Former): { notice: Recovered | null; lost: LostSpan | null } {
    const { serverLsn, slot } = this.#claim ?? { serverLsn: LSN_ZERO, slot: { fromLsn: LSN_ZERO } };
    const isTakeOver = this.#isTakeOver;
    const lost = isTakeOver ? lostSince(former, this.#lost, { serverLsn }) : this.#lost;
    const ended = this.outages.end({ toLsn: serverLsn, nowMs }, lost);
    this.#isTakeOver = false;
    this.#lost = null;
    const others = isTakeOver || lost !== null;
    const span = lost ?? { fromLsn: slot.fromLsn, toLsn: serverLsn };
    return { notice: ended ?? (others ? recovered(this.#ref, span, lost === null) : null), lost };
  }
}
