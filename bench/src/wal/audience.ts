import { setTimeout as delay } from "node:timers/promises";
import type { Listening } from "../servers/server-process.ts";
import { type CrowdOrder, startCrowd } from "./crowd.ts";
import { CLASSES } from "./rows.ts";
import { subscribe } from "./subscribers.ts";

const LOOK_MS = 10;
/** Where the time of the commit stands in a frame, in microseconds. */
const COMMITTED = /"title":"at (\d+)"/;

/**
 * Subscribers, some of whom are witnesses: one for each class of claims. A node writes to its sockets in about the order
 * in which they joined, so one is the first, one is in the middle and one is the last.
 */
export interface Audience extends AsyncDisposable {
  /** From the commit to a witness. */
  readonly latenciesMs: readonly number[];
  /** Frames that everybody together has received since the last call; waits for `frames`, but no longer than the deadline. */
  received(frames: number, deadlineMs: number): Promise<number>;
}

export async function gather(
  listening: Listening,
  { subscribers, rooms }: { subscribers: number; rooms: number },
): Promise<Audience> {
  const latenciesMs: number[] = [];
  const onFrame = (payload: Buffer) => {
    const committedUs = Number(COMMITTED.exec(payload.toString("latin1"))?.[1]);
    if (Number.isFinite(committedUs)) latenciesMs.push(Date.now() - committedUs / 1_000);
  };
  const everybody: CrowdOrder = Array.from({ length: subscribers }, (_, index) => ({
    ...(rooms > 1 && { filter: `room=eq.${index % rooms}` }),
    claims: { class: CLASSES[index % CLASSES.length] },
  }));
  const crowd = await startCrowd(listening);
  const witness = (index: number, witnessed: string) =>
    subscribe(listening, { ...everybody[index], claims: { class: witnessed }, onFrame });
  const [middle, last] = [Math.floor(subscribers / 2), subscribers - 1];
  const witnesses = [await witness(0, CLASSES[0])];
  await crowd.join(everybody.slice(1, middle));
  witnesses.push(await witness(middle, CLASSES[1]));
  await crowd.join(everybody.slice(middle + 1, last));
  witnesses.push(await witness(last, CLASSES[2]));

  const total = async () => witnesses.reduce((sum, { frames }) => sum + frames, await crowd.frames());
  let before = 0;
  return {
    latenciesMs,
    async received(frames, deadlineMs) {
      const endMs = performance.now() + deadlineMs;
      let now = await total();
      for (; now - before < frames && performance.now() < endMs; now = await total()) await delay(LOOK_MS);
      const received = now - before;
      before = now;
      return received;
    },
    async [Symbol.asyncDispose]() {
      for (const each of witnesses) each.close();
      await crowd[Symbol.asyncDispose]();
    },
  };
}
