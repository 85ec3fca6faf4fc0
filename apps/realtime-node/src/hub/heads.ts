import { encodeRoomMessage } from "@tidewire/protocol/cluster/fanout";
import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import type { Bus } from "../bus/bus.ts";
import type { CarriedRoom } from "./carried-room.ts";
import { HeadsPlan } from "./heads-plan.ts";
import { Orphans } from "./orphans.ts";
import { bootOf } from "./sequence.ts";

interface Options {
  bus: Pick<Bus, "publish">;
  /** Whether this origin speaks for itself: it is of this node, or of another that lives. */
  isAlive(origin: string): boolean;
}

/**
 * Tells other nodes how far origins have counted, so that what got lost with nothing behind it is missed: this node's own
 * for a while after each message, and once those of nodes that are gone. The owner calls `tick` every second.
 */
export class Heads {
  readonly #options: Options;
  readonly #own = new HeadsPlan<CarriedRoom>();
  readonly #orphans = new Orphans();

  constructor(options: Options) {
    this.#options = options;
  }

  /** A message of the room went out. */
  counted(carried: CarriedRoom): void {
    this.#own.counted(carried);
  }

  gone(boot: string, rooms: Iterable<CarriedRoom>): void {
    this.#orphans.gone(boot, rooms);
  }

  /** A message came long after it was accepted: if its node is gone, others may have missed it as well. */
  heardLate(carried: CarriedRoom, origin: string): void {
    if (!this.#options.isAlive(origin)) this.#orphans.heardLate(bootOf(origin), carried);
  }

  tick(): void {
    this.#sayOwn(this.#own.tick());
    for (const { carried, boots } of this.#orphans.tick()) this.#sayThoseOfGone(carried, boots);
  }

  /** The last words of a node that leaves. */
  sayUnsaid(): void {
    this.#sayOwn(this.#own.unsaid());
  }

  #sayOwn(rooms: readonly CarriedRoom[]): void {
    for (const carried of rooms) if (carried.counter !== undefined) this.#say(carried, [carried.counter]);
  }

  #sayThoseOfGone(carried: CarriedRoom, boots: readonly string[]): void {
    const isMeant = (origin: string) => boots.includes(bootOf(origin)) && !this.#options.isAlive(origin);
    const { heads } = carried.log.of(isMeant);
    if (heads.length > 0) this.#say(carried, heads);
  }

  #say({ room, subject }: CarriedRoom, positions: readonly BroadcastPosition[]): void {
    const heads = { room, heads: positions.map(({ origin, seq }) => ({ origin, seq })) };
    this.#options.bus.publish(subject, encodeRoomMessage({ kind: "heads", heads }));
  }
}
