import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { WalStream } from "../wal/stream.ts";
import type { WalBatch } from "../wal/wal-queue.ts";
import { isAway } from "./database-refusal.ts";
import { pause } from "./pause.ts";

/** A batch that could not be handed on is tried again; the stream keeps living meanwhile. */
const HAND_ON_AGAIN_MS = 200;

interface Options {
  ref: string;
  clock: Clock;
  log: Log;
  /** Aborted when this node gives the project up: what is not handed on then is the next home's. */
  signal: AbortSignal;
  /** Resolves when the batch is with the bus. */
  publish(batch: WalBatch): Promise<void>;
}

/**
 * Hands a batch on and acknowledges it, in this order: a crash in between repeats rows, never loses them.
 *
 * @throws whatever `publish` throws, when trying again is of no use or no time is left
 */
export async function handOn(stream: WalStream, batch: WalBatch, options: Options): Promise<void> {
  const { publish, clock, log, ref, signal } = options;
  for (;;) {
    try {
      await publish(batch);
      if (batch.changes.length > 0) await ownSocketsHaveWritten();
      return stream.done(batch);
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warn({ err: error, ref }, "a batch of changes waits to be handed on");
      const isOver = stream.ended.then(() => true);
      const isTime = pause(HAND_ON_AGAIN_MS, clock, signal).then(() => signal.aborted);
      if (await Promise.race([isOver, isTime])) throw error;
    }
  }
}

/**
 * This node's own sockets write at the end of the turn in which the bus delivers to it. Acknowledged before that, rows
 * would be lost when the process is killed at that instant; a node that is not the home has no such promise.
 */
async function ownSocketsHaveWritten(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await nextTurn();
}
