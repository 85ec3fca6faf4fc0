import { isAfter, type Position } from "./position.ts";

/**
 * A channel that was given a backlog, on a node that had seen a part of it before, for its other channels. What the
 * node drops as repeated is new to this channel, once.
 */
export class CatchUp {
  /** What comes later is new to the node as well. */
  readonly #until: Position;
  #seen: Position | null = null;
  #message: object | undefined;
  #floor: Position | null = null;

  constructor(until: Position) {
    this.#until = until;
  }

  /**
   * Whether this channel is to be given a change that its node has seen before.
   *
   * @param message what it came in: one change may come as several envelopes, all of one message
   */
  admits(position: Position, message: object): boolean {
    if (isAfter(position, this.#until)) return false;
    if (message !== this.#message) {
      this.#message = message;
      this.#floor = this.#seen;
    }
    if (this.#floor !== null && !isAfter(position, this.#floor)) return false;
    this.#seen = position;
    return true;
  }
}
