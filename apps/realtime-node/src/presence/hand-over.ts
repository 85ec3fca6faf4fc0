import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { PresenceEntry } from "@tidewire/protocol/cluster/gossip";
import type { Clock, Timer } from "../clock.ts";
import { createDeferred, type Deferred } from "../deferred.ts";

/** A client that was asked to go elsewhere is back within this time, or it has left (rule P26). */
const HAND_OVER_MS = 2_000;

/**
 * Two nodes are not heard in one order: were the old entry removed at once, a third node might see it go before it sees
 * the new one.
 */
const TAKEN_MS = 500;

interface Leaving {
  room: Room;
  channelId: string;
  timer: Timer;
}

/**
 * Members whose socket was closed because this node drains. They stay present until another node has taken them over, or
 * until their time is up. The owner closes it.
 */
export class HandOver {
  readonly #clock: Pick<Clock, "after">;
  readonly #onEnd: (room: Room, channelId: string, isTaken: boolean) => void;
  readonly #byRef = new Map<string, Leaving>();
  #waiting: Deferred<void> | undefined;

  constructor(clock: Pick<Clock, "after">, onEnd: (room: Room, channelId: string, isTaken: boolean) => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  begin(room: Room, { channel: channelId, meta }: PresenceEntry): void {
    const ref = meta.phx_ref;
    const timer = this.#clock.after(HAND_OVER_MS, () => this.#end(ref, false));
    this.#byRef.set(ref, { room, channelId, timer });
  }

  /** Another channel holds this meta, or replaced it. */
  taken({ meta: { phx_ref: ref, phx_ref_prev: replaced } }: PresenceEntry): void {
    this.#endSoon(ref);
    if (typeof replaced === "string") this.#endSoon(replaced);
  }

  /** Resolves when nobody is left to be taken over. */
  done(): Promise<void> {
    if (this.#byRef.size === 0) return Promise.resolve();
    this.#waiting ??= createDeferred();
    return this.#waiting.promise;
  }

  close(): void {
    for (const { timer } of this.#byRef.values()) timer.stop();
    this.#byRef.clear();
    this.#waiting?.resolve();
  }

  #endSoon(ref: string): void {
    const leaving = this.#byRef.get(ref);
    if (leaving === undefined) return;
    leaving.timer.stop();
    leaving.timer = this.#clock.after(TAKEN_MS, () => this.#end(ref, true));
  }

  #end(ref: string, isTaken: boolean): void {
    const leaving = this.#byRef.get(ref);
    if (leaving === undefined) return;
    leaving.timer.stop();
    this.#byRef.delete(ref);
    this.#onEnd(leaving.room, leaving.channelId, isTaken);
    if (this.#byRef.size === 0) this.#waiting?.resolve();
  }
}
