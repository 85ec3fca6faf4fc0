import { LSN_ZERO, type Lsn, maxLsn } from "../wal/lsn.ts";

/** How far changes had come before a term began, by what the nodes say. Zero where nobody has said anything. */
export interface Former {
  /** The last change that any node has seen. */
  readonly seenLsn: Lsn;
  /** From where on channels were promised all: the last such position before this term's slot reaches back. */
  readonly promisedLsn: Lsn;
  /** A promise that lies beyond what the database knows now. */
  readonly aheadLsn: Lsn;
}

interface Said {
  /** From where on the channel was promised all. */
  since?: Lsn;
  /** The last change that its node has seen. */
  seen?: Lsn;
}

/**
 * What nodes say of the terms before this one when they register in it.
 *
 * A node that is late, or registers twice, has seen changes of this very term when it speaks, and channels of this term
 * have promises of it: taken for news of the past they would mean that the database has gone back, or that what was
 * really lost has been seen. So once changes flow, only the first words of each life of a node count.
 */
export class FormerTerms implements Former {
  readonly #heard = new Set<string>();
  #slotFromLsn: Lsn = LSN_ZERO;
  #isFlowing = false;
  #seenLsn: Lsn = LSN_ZERO;
  #promisedLsn: Lsn = LSN_ZERO;
  #aheadLsn: Lsn = LSN_ZERO;

  get seenLsn(): Lsn {
    return this.#seenLsn;
  }

  get promisedLsn(): Lsn {
    return this.#promisedLsn;
  }

  get aheadLsn(): Lsn {
    return this.#aheadLsn;
  }

  /** A term begins; nothing of it flows yet. */
  begin(slotFromLsn: Lsn): void {
    this.#heard.clear();
    this.#slotFromLsn = slotFromLsn;
    this.#isFlowing = false;
    this.#seenLsn = LSN_ZERO;
    this.#promisedLsn = LSN_ZERO;
    this.#aheadLsn = LSN_ZERO;
  }

  /** From now on nodes may have seen changes of this term. */
  flow(): void {
    this.#isFlowing = true;
  }

  /** @param holder a life of a node, registering whatever it may be */
  note(holder: string, { since = LSN_ZERO, seen = LSN_ZERO }: Said): void {
    if (!this.#isFlowing || !this.#heard.has(holder)) this.#seenLsn = maxLsn(this.#seenLsn, seen);
    this.#heard.add(holder);
    if (since < this.#slotFromLsn) this.#promisedLsn = maxLsn(this.#promisedLsn, since);
  }

  /**
   * A home that does not know yet that it is none any more makes promises while this one looks at the database: only
   * one that lies beyond a later look is of another history.
   *
   * @param lsn how far the database had come after the promise was told here
   */
  compare(since: Lsn, lsn: Lsn): void {
    if (since > lsn) this.#aheadLsn = maxLsn(this.#aheadLsn, since);
  }
}
