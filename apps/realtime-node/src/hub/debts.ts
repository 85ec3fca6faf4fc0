import type { Positions } from "./topic-log.ts";

/** What one member, or all that joined since the room was opened, may still have to be told of other nodes. */
export interface Debt {
  /** It is owed what was accepted since. */
  readonly sinceMs: number;
  /** Of these origins it has everything up to here, whenever that was accepted. */
  readonly positions: Positions;
}

/** Members that resumed in a room and are told apart; beyond that the oldest are taken together. */
const DEBTS_MAX = 16;

/** The debts of an open room. Those of members that have left count until it is closed: who asks for more than is owed is safe. */
export class Debts {
  #debts: Debt[];

  constructor(openedMs: number) {
    this.#debts = [{ sinceMs: openedMs, positions: {} }];
  }

  /** The earliest time since which anybody is owed anything. */
  get sinceMs(): number {
    return Math.min(...this.#debts.map(({ sinceMs }) => sinceMs));
  }

  add(debt: Debt): void {
    this.#debts.push(debt);
    if (this.#debts.length <= DEBTS_MAX) return;
    const [opened, first, second, ...others] = this.#debts;
    if (opened === undefined || first === undefined || second === undefined) return;
    this.#debts = [opened, together(first, second), ...others];
  }

  /**
   * The first message of an origin that somebody may be owed.
   *
   * @param lastBefore the last one that is known to have been accepted before a time; 0 when nothing is known
   */
  firstOwed(origin: string, lastBefore: (atMs: number) => number): number {
    const lasts = this.#debts.map(({ sinceMs, positions }) => positions[origin] ?? lastBefore(sinceMs));
    return Math.min(...lasts) + 1;
  }
}

function together(one: Debt, other: Debt): Debt {
  const named = Object.keys(one.positions).filter((origin) => Object.hasOwn(other.positions, origin));
  return {
    sinceMs: Math.min(one.sinceMs, other.sinceMs),
    positions: Object.fromEntries(
      named.map((origin) => [origin, Math.min(one.positions[origin] ?? 0, other.positions[origin] ?? 0)]),
    ),
  };
}
