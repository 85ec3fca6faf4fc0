/** Finer would wake the process for nothing; coarser would show in the ten seconds that a ghost may live. */
export const TICK_MS = 250;

/** About a minute of slots; what is due later waits in the last slot and is put further on. */
const SLOTS = 256;

/** What runs when its time has come. Returns when it wants to run again, or undefined when it is done. */
export type WheelTask = (nowMs: number) => number | undefined;

export interface Scheduled {
  /** The task does not run any more. Cancelling twice, or after it ran, is harmless. */
  cancel(): void;
}

interface Entry {
  task: WheelTask;
  dueMs: number;
  slot: Set<Entry>;
}

/**
 * Any number of deadlines behind one timer: a node with 20,000 sockets has 20,000 deadlines and one interval. Pure:
 * time is what `advance` is told. A task runs in the first tick at or after its time, never before it.
 */
export class TimerWheel {
  readonly #slots: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set());
  #tick: number;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  schedule(dueMs: number, task: WheelTask): Scheduled {
    const entry: Entry = { task, dueMs, slot: this.#slotFor(dueMs) };
    entry.slot.add(entry);
    return { cancel: () => void entry.slot.delete(entry) };
  }

  /** Runs what is due. After a pause of any length every task runs once, not once per missed tick. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / TICK_MS);
    const steps = Math.min(now - this.#tick, SLOTS);
    const first = now - steps + 1;
    this.#tick = Math.max(this.#tick, now);
    for (let tick = first; tick <= now; tick++) this.#visit(this.#slotAt(tick), nowMs);
  }

  #visit(slot: Set<Entry>, nowMs: number): void {
    for (const entry of [...slot]) {
      // A task that ran before in this visit may have cancelled this one.
      if (!slot.delete(entry)) continue;
      const dueMs = entry.dueMs > nowMs ? entry.dueMs : entry.task(nowMs);
      if (dueMs === undefined) continue;
      entry.dueMs = dueMs;
      entry.slot = this.#slotFor(dueMs);
      entry.slot.add(entry);
    }
  }

  #slotFor(dueMs: number): Set<Entry> {
    const due = Math.ceil(dueMs / TICK_MS);
    return this.#slotAt(Math.min(Math.max(due, this.#tick + 1), this.#tick + SLOTS - 1));
  }

  #slotAt(tick: number): Set<Entry> {
    const slot = this.#slots[((tick % SLOTS) + SLOTS) % SLOTS];
    if (slot === undefined) throw new RangeError(`no slot for tick ${tick}`);
    return slot;
  }
}
