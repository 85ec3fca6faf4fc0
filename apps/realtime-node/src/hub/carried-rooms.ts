import { type FanOutEnvelope, type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import type { HistoryAnswer, HistoryRequest } from "@tidewire/protocol/cluster/history";
import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { type CarriedRoom, createCarriedRoom, isIdle, positionsOf } from "./carried-room.ts";
import type { History } from "./history.ts";
import { Origins, takePosition } from "./sequence.ts";

/** The rooms that this node carries, from the first thing that happens in them until nothing of them is left. */
export class CarriedRooms {
  readonly #history: History;
  readonly #origins: Origins;
  readonly #rooms = new Map<string, CarriedRoom>();

  constructor(boot: string, history: History) {
    this.#history = history;
    this.#origins = new Origins(boot);
  }

  get size(): number {
    return this.#rooms.size;
  }

  all(): Iterable<CarriedRoom> {
    return this.#rooms.values();
  }

  find(key: string): CarriedRoom | undefined {
    return this.#rooms.get(key);
  }

  carry(room: Room, key = toRoomKey(room)): CarriedRoom {
    const known = this.#rooms.get(key);
    if (known !== undefined) return known;
    const carried = createCarriedRoom(room, key, this.#history.open(room));
    this.#rooms.set(key, carried);
    return carried;
  }

  /** The position of the next message that this node accepts in the room. */
  take(carried: CarriedRoom): BroadcastPosition {
    carried.counter ??= this.#origins.create();
    return takePosition(carried.counter);
  }

  remember(carried: CarriedRoom, envelope: FanOutEnvelope): void {
    this.#history.record(carried.log, envelope);
  }

  /** For another node that asks. */
  answer(request: HistoryRequest): HistoryAnswer {
    const carried = this.#rooms.get(toRoomKey(request.room));
    if (carried === undefined) return { heads: [], envelopes: [] };
    const isAsked = ([origin]: [string, number]) => Object.hasOwn(request.after, origin);
    const isAll = !request.onlyNamed || Object.keys(request.after).length === 0;
    const positions = Object.entries(positionsOf(carried));
    const heads = (isAll ? positions : positions.filter(isAsked)).map(([origin, seq]) => {
      return { origin, seq, marks: carried.log.marks(origin, request.sinceMs) };
    });
    return { heads, envelopes: carried.log.after(request) };
  }

  /** Drops messages that are too old, then rooms of which nothing is left. */
  sweep(): void {
    this.#history.sweep();
    for (const [key, carried] of this.#rooms) {
      if (!isIdle(carried)) continue;
      this.#rooms.delete(key);
      this.#history.close(carried.log);
      if (carried.counter !== undefined) this.#origins.forgot(carried.counter);
    }
  }
}
