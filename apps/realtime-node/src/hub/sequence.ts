import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";

/** Between a boot and the number of the life of its counters. Not part of a boot id, and safe in JSON and in logs. */
const GENERATION_MARK = "~";

/** The node to ask about an origin. */
export function bootOf(origin: string): string {
  const mark = origin.indexOf(GENERATION_MARK);
  return mark === -1 ? origin : origin.slice(0, mark);
}

/** Counts the messages that this node accepts in one room. */
export interface Counter {
  readonly origin: string;
  /** The last one given; 0 before the first. */
  seq: number;
}

/**
 * Makes the counters of this node. An origin never counts twice from 1: when the counter of an idle room was forgotten,
 * all counters made later carry a new origin, so that nobody takes their messages for old ones.
 */
export class Origins {
  readonly #boot: string;
  #generation = 0;

  constructor(boot: string) {
    this.#boot = boot;
  }

  create(): Counter {
    const suffix = this.#generation === 0 ? "" : `${GENERATION_MARK}${this.#generation.toString(36)}`;
    return { origin: this.#boot + suffix, seq: 0 };
  }

  forgot(counter: Counter): void {
    if (counter.seq > 0) this.#generation++;
  }
}

export function takePosition(counter: Counter): BroadcastPosition {
  counter.seq++;
  return { origin: counter.origin, seq: counter.seq };
}

/** Sequence numbers, both ends included. */
export interface Span {
  fromSeq: number;
  toSeq: number;
}

/** Messages held behind a hole, per origin and room. More than this within 250 ms is a flood: the hole is given up. */
const HELD_MAX = 1_000;

/**
 * The messages of one origin in one room, in order: hands out what is next, holds what came too early, and knows what
 * is missing. Pure; the relay asks for the missing ones and keeps the time.
 *
 * ```text
 *        delivered            missing     held
 *   1 2 3 4 5 6 7 8 | 9 10 | 11 12 13 | ... known to exist up to `#head`
 *                     ^ #next
 * ```
 */
export class IncomingSequence<T> {
  readonly #held = new Map<number, T>();
  #next: number;
  #head: number;

  /** @param next the first sequence number that is expected */
  constructor(next: number) {
    this.#next = next;
    this.#head = next - 1;
  }

  get next(): number {
    return this.#next;
  }

  /** All messages that are now deliverable, in order; none for a duplicate or for one that came too early. */
  accept(seq: number, message: T): T[] {
    if (seq < this.#next) return [];
    this.#head = Math.max(this.#head, seq);
    this.#held.set(seq, message);
    return this.#release();
  }

  /** A message with this number exists, wherever it is. */
  expect(seq: number): void {
    this.#head = Math.max(this.#head, seq);
  }

  /** The first hole, when there is one. */
  missing(): Span | undefined {
    if (this.#next > this.#head) return undefined;
    let toSeq = this.#next;
    while (toSeq < this.#head && !this.#held.has(toSeq + 1)) toSeq++;
    return { fromSeq: this.#next, toSeq };
  }

  get overflowing(): boolean {
    return this.#held.size > HELD_MAX;
  }

  /** Gives the first hole up and hands out what was waiting behind it. */
  skip(): T[] {
    const hole = this.missing();
    if (hole === undefined) return [];
    this.#next = hole.toSeq + 1;
    return this.#release();
  }

  #release(): T[] {
    const released: T[] = [];
    for (
      let message = this.#held.get(this.#next);
      message !== undefined;
      message = this.#held.get(this.#next)
    ) {
      this.#held.delete(this.#next);
      this.#next++;
      released.push(message);
    }
    return released;
  }
}
