import type { CarriedRoom } from "./carried-room.ts";
import { bootOf } from "./sequence.ts";

/** Per second, so that the death of a node with many rooms is not a burst of messages. */
const ROOMS_PER_TICK = 1_000;

/**
 * Rooms in which a node has spoken that is gone. Nobody repeats its numbers any more, so those who have its messages do, once
 * when it goes and whenever they get more of them: whoever missed its last ones hears of them. Pure: the owner calls `tick` every second.
 */
export class Orphans {
  readonly #rooms = new Map<CarriedRoom, string[]>();

  gone(boot: string, rooms: Iterable<CarriedRoom>): void {
    for (const carried of rooms) {
      if (carried.log.holds((origin) => bootOf(origin) === boot)) this.heardLate(boot, carried);
    }
  }

  heardLate(boot: string, carried: CarriedRoom): void {
    const boots = this.#rooms.get(carried) ?? [];
    if (!boots.includes(boot)) this.#rooms.set(carried, [...boots, boot]);
  }

  /** The rooms that are due now, and whose heads: not of those that went before, for who does not know them would ask. */
  tick(): { carried: CarriedRoom; boots: readonly string[] }[] {
    const due: { carried: CarriedRoom; boots: readonly string[] }[] = [];
    for (const [carried, boots] of this.#rooms) {
      if (due.length === ROOMS_PER_TICK) break;
      this.#rooms.delete(carried);
      due.push({ carried, boots });
    }
    return due;
  }
}
