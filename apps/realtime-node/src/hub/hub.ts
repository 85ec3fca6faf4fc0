import { type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import { Members } from "./members.ts";
import type { Subscriber } from "./subscriber.ts";

export type { Subscriber } from "./subscriber.ts";

/** Told when a room gets its first local member, and when it has lost its last. */
export type InterestListener = (room: Room, interested: boolean) => void;

interface LocalRoom {
  readonly room: Room;
  readonly members: Members;
}

const NOBODY = new Members();

/** Which local channels are in which room. Knows nothing of other nodes. */
export class Hub {
  readonly #rooms = new Map<string, LocalRoom>();
  readonly #listeners = new Set<InterestListener>();

  /** A second join of the same channel replaces the first. */
  join(room: Room, subscriber: Subscriber): void {
    const key = toRoomKey(room);
    const known = this.#rooms.get(key);
    const { members } = known ?? { members: new Members() };
    members.add(subscriber);
    if (known !== undefined) return;
    this.#rooms.set(key, { room, members });
    this.#tell(room, true);
  }

  /** Leaving a room that one is not in is harmless. */
  leave(room: Room, channelId: string): void {
    const key = toRoomKey(room);
    const local = this.#rooms.get(key);
    if (!local?.members.remove(channelId) || local.members.size > 0) return;
    this.#rooms.delete(key);
    this.#tell(room, false);
  }

  membersOf(roomKey: string): Members {
    return this.#rooms.get(roomKey)?.members ?? NOBODY;
  }

  members(room: Room): Iterable<Subscriber> {
    return this.membersOf(toRoomKey(room)).all();
  }

  size(room: Room): number {
    return this.membersOf(toRoomKey(room)).size;
  }

  /** Rooms with local members; of one project when `ref` is given. */
  *rooms(ref?: string): Iterable<{ room: Room; members: number }> {
    for (const { room, members } of this.#rooms.values()) {
      if (ref === undefined || room.ref === ref) yield { room, members: members.size };
    }
  }

  /** Returns the way to stop listening. */
  onInterest(listener: InterestListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(room: Room, interested: boolean): void {
    for (const listener of this.#listeners) listener(room, interested);
  }
}
