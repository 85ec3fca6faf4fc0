import { setTimeout as delay } from "node:timers/promises";
import { type Snapshot, sees } from "../wal/snapshot.ts";

/** The gap between a commit's record and its visibility is microseconds, unless the machine is busy. */
const LOOK_AGAIN_MAX_MS = 50;
const UNSEEN_MAX_MS = 30_000;

/** Postgres has written a commit and not let anybody see it for long: a synchronous standby that does not answer. */
export class TransactionUnseen extends Error {
  override readonly name = "TransactionUnseen";
  constructor() {
    super("a committed transaction does not become visible");
  }
}

/**
 * An answer of Postgres that saw the transactions it is about. The stream brings a commit as soon as it is written;
 * others see it a moment later. An INSERT asked about too early would be missing for good, an UPDATE would be judged by
 * its old row, a new table would not exist. The first answer is nearly always late enough.
 *
 * @throws TransactionUnseen after half a minute
 */
export async function seeing<T extends { snapshot: Snapshot }>(
  xids: Iterable<number>,
  ask: () => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now();
  const ids = [...xids];
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LOOK_AGAIN_MAX_MS)) {
    const answer = await ask();
    if (ids.every((xid) => sees(answer.snapshot, xid))) return answer;
    if (performance.now() - startedAtMs > UNSEEN_MAX_MS) throw new TransactionUnseen();
    await delay(waitMs);
  }
}
