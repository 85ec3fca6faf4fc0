import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { formatLsn, parseLsn } from "../wal/lsn.ts";
import { isAfter, type Position } from "./position.ts";
import type { Subscription } from "./subscription.ts";

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

/**
 * A channel is registered again: if it is behind, it catches up from there.
 *
 * @param position what its node has seen by now
 * @returns what will not come again, of what it has not had
 */
export function catchUp(
  subscription: Subscription,
  position: Position,
  backlog: ShapesRegistered["backlog"],
): { fromLsn: string; toLsn: string } | null {
  const { behindSince } = subscription;
  subscription.pendingFrom = null;
  subscription.behindSince = null;
  if (behindSince === null) return null;
  subscription.catchUp = new CatchUp(position, behindSince);
  const toLsn = backlog === undefined ? position.lsn : parseLsn(backlog.fromLsn);
  if (toLsn <= behindSince.lsn) return null;
  return { fromLsn: formatLsn(behindSince.lsn), toLsn: formatLsn(toLsn) };
}
