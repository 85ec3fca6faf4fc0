import { setTimeout as delay } from "node:timers/promises";

/** Numbers that move every second are read; faster ones only flicker. */
const LIVE_MS = 1_000;

/**
 * Reads again and again, `everyMs` from start to start, until the subscriber goes. One failed reading is left out: the
 * page keeps what it shows, and its age tells; a subscription that fails from the start ends with its error.
 */
export async function* watch<T>(
  read: () => Promise<T>,
  signal: AbortSignal | undefined,
  everyMs = LIVE_MS,
): AsyncGenerator<T, void, void> {
  for (let isFirst = true; signal?.aborted !== true; isFirst = false) {
    const startedAtMs = Date.now();
    try {
      yield await read();
    } catch (error) {
      if (isFirst) throw error;
    }
    const restMs = Math.max(0, everyMs - (Date.now() - startedAtMs));
    await delay(restMs, undefined, { signal }).catch(() => undefined);
  }
}
