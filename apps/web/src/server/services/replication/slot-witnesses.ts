import type { SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import { Problem } from "../../problem.ts";
import type { DatabaseWitness, SlotFacts } from "../../views/replication.ts";

/** Pages ask every second; the database is asked by all of them together, and only this often. */
const FRESH_MS = { urgent: 2_000, calm: 5_000 };
/** Nobody has looked at this project for so long: what was known of its slot is forgotten. */
const FORGET_MS = 60_000;

/** What the database says at one moment; how long it has stood still is for the witness to remember. */
export interface SlotReading {
  slot: Omit<SlotFacts, "unmovedForMs"> | null;
  blocker: SlotBlocker | null;
}

interface Known {
  witness: Promise<DatabaseWitness>;
  askedAtMs: number;
  /** Where the slot was confirmed to, and when it was first seen there. */
  position: { lsn: string | null; seenAtMs: number } | null;
}

/**
 * What the projects' databases say of their slots while no node can speak for them: the home is frozen, or gone, or
 * somebody else holds the slot. A project's database belongs to its home, so this is for the time when there is none.
 */
export class SlotWitnesses {
  readonly #nowMs: () => number;
  readonly #known = new Map<string, Known>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * What was said lately, or what `read` says now. Does not reject.
   *
   * @param urgent something is wrong: what was said five seconds ago is too old
   */
  ask(ref: string, read: () => Promise<SlotReading>, urgent: boolean): Promise<DatabaseWitness> {
    const nowMs = this.#nowMs();
    this.#forget(nowMs);
    const known = this.#known.get(ref);
    const freshMs = urgent ? FRESH_MS.urgent : FRESH_MS.calm;
    if (known !== undefined && nowMs - known.askedAtMs < freshMs) return known.witness;
    const position = known?.position ?? null;
    const next: Known = { askedAtMs: nowMs, position, witness: hear(read, nowMs, (at) => place(next, at)) };
    this.#known.set(ref, next);
    return next.witness;
  }

  #forget(nowMs: number): void {
    for (const [ref, { askedAtMs }] of this.#known)
      if (nowMs - askedAtMs > FORGET_MS) this.#known.delete(ref);
  }
}

async function hear(
  read: () => Promise<SlotReading>,
  askedAtMs: number,
  unmovedForMs: (lsn: string | null) => number,
): Promise<DatabaseWitness> {
  try {
    const { slot, blocker } = await read();
    const facts = slot && { ...slot, unmovedForMs: unmovedForMs(slot.confirmedLsn) };
    return { kind: "said", askedAtMs, slot: facts, blocker };
  } catch (error) {
    const reason = error instanceof Problem ? error.message : "It could not be asked.";
    return { kind: "silent", askedAtMs, reason };
  }
}

/** Remembers where the slot stands. @returns how long it has stood there */
function place(entry: Known, lsn: string | null): number {
  if (entry.position?.lsn !== lsn) entry.position = { lsn, seenAtMs: entry.askedAtMs };
  return entry.askedAtMs - entry.position.seenAtMs;
}
