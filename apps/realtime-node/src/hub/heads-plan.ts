/**
 * Seconds after a room's last message at which its number is said once more. The first is for the tail that got lost with
 * nothing behind it; the second for what was lost together with the first, on a link that broke for less time than
 * it takes to hold its nodes for dead: those ask by themselves when they are back.
 */
const SAID_AFTER_TICKS: ReadonlySet<number> = new Set([1, 6]);
const LAST_TICK = Math.max(...SAID_AFTER_TICKS);

/** When to tell other nodes how far a room has counted. Pure: the owner calls `tick` every second. */
export class HeadsPlan<Room> {
  readonly #ticksSince = new Map<Room, number>();

  /** A message of the room went out. */
  counted(room: Room): void {
    this.#ticksSince.set(room, 0);
  }

  /** Rooms whose heads are due now. */
  tick(): Room[] {
    const due: Room[] = [];
    for (const [room, before] of this.#ticksSince) {
      const ticks = before + 1;
      if (SAID_AFTER_TICKS.has(ticks)) due.push(room);
      if (ticks >= LAST_TICK) this.#ticksSince.delete(room);
      else this.#ticksSince.set(room, ticks);
    }
    return due;
  }

  /** Everything that has not been said for the first time, for a node that leaves. */
  unsaid(): Room[] {
    return [...this.#ticksSince].flatMap(([room, ticks]) => (ticks === 0 ? [room] : []));
  }
}
