import { isAfter, type Position } from "./position.ts";

/**
 * A channel that is behind its node: it was given a backlog of which the node had seen a part before, for its other
 * channels; or changes came while it was being registered, and the home that sent them is none any more. What the node
 * drops as repeated is new to this channel, once.
 */
export class CatchUp {
  /** What comes later is new to the node as well. */
  readonly #until: Position;
  #seen: Position | null;
  #message: object | undefined;
  #floor: Position | null = null;

  /** @param seen what the channel has had itself; null when it has had nothing */
  constructor(until: Position, seen: Position | null = null) {
    this.#until = until;
    this.#seen = seen;
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
