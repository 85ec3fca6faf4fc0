/** Beyond this even a quick pool would answer after every client has given up. */
const WAITING_MAX = 20_000;

const LANES = ["stream", "live", "check", "upkeep"] as const;

interface Waiting {
  readonly lane: (typeof LANES)[number];
}

/** Work that waits for a connection: by lane, then by age. Bounded; removal is constant-time, for deadlines. */
export class Backlog<T extends Waiting> {
  readonly #lanes = {
    stream: new Set<T>(),
    live: new Set<T>(),
    check: new Set<T>(),
    upkeep: new Set<T>(),
  };

  get length(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].size, 0);
  }

  /** False when it is full. The change stream always finds room: it is one caller. */
  add(work: T): boolean {
    if (work.lane !== "stream" && this.length >= WAITING_MAX) return false;
    this.#lanes[work.lane].add(work);
    return true;
  }

  take(): T | undefined {
    for (const lane of LANES) {
      const [first] = this.#lanes[lane];
      if (first === undefined) continue;
      this.#lanes[lane].delete(first);
      return first;
    }
    return undefined;
  }

  /** Up to `max` of the oldest in a lane, ending before the first that does not fit. */
  takeWhile(lane: T["lane"], fits: (work: T) => boolean, max: number): T[] {
    const taken: T[] = [];
    for (const work of this.#lanes[lane]) {
      if (taken.length >= max || !fits(work)) break;
      taken.push(work);
    }
    for (const work of taken) this.#lanes[lane].delete(work);
    return taken;
  }

  /** False when it has been taken already. */
  remove(work: T): boolean {
    return this.#lanes[work.lane].delete(work);
  }

  drain(): T[] {
    const all = LANES.flatMap((lane) => [...this.#lanes[lane]]);
    for (const lane of LANES) this.#lanes[lane].clear();
    return all;
  }
}
