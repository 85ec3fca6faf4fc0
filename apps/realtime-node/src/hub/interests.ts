import { type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import type { Clock, Timer } from "../clock.ts";
import type { Hub } from "./hub.ts";

interface Open {
  readonly room: Room;
  /** Set while nobody is left and the grace period runs. */
  closing: Timer | undefined;
}

interface Options {
  hub: Pick<Hub, "onInterest" | "size">;
  clock: Clock;
  /** How long a room stays open after its last member: clients that reconnect should find it as they left it. */
  graceMs: number;
  onOpen(room: Room, key: string): void;
  onClose(room: Room, key: string): void;
}

/** Which rooms this node listens to: those with local members, and those that had some a moment ago. */
export class Interests {
  readonly #options: Options;
  readonly #open = new Map<string, Open>();
  readonly #stopListening: () => void;

  constructor(options: Options) {
    this.#options = options;
    this.#stopListening = options.hub.onInterest((room, interested) => {
      if (interested) this.#enter(room);
      else this.#leave(room);
    });
  }

  /** Opens a room for a member that is about to join; without one it closes again after the grace period. */
  hold(room: Room): void {
    const key = toRoomKey(room);
    const open = this.#open.get(key) ?? this.#begin(room, key);
    if (this.#options.hub.size(room) === 0) this.#closeLater(open, key);
  }

  close(): void {
    this.#stopListening();
    for (const [key, { room, closing }] of this.#open) {
      closing?.stop();
      this.#options.onClose(room, key);
    }
    this.#open.clear();
  }

  #enter(room: Room): void {
    const key = toRoomKey(room);
    const open = this.#open.get(key) ?? this.#begin(room, key);
    open.closing?.stop();
    open.closing = undefined;
  }

  #leave(room: Room): void {
    const key = toRoomKey(room);
    const open = this.#open.get(key);
    if (open !== undefined) this.#closeLater(open, key);
  }

  #begin(room: Room, key: string): Open {
    const open = { room, closing: undefined };
    this.#open.set(key, open);
    this.#options.onOpen(room, key);
    return open;
  }

  #closeLater(open: Open, key: string): void {
    open.closing?.stop();
    open.closing = this.#options.clock.after(this.#options.graceMs, () => {
      this.#open.delete(key);
      this.#options.onClose(open.room, key);
    });
  }
}
