import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 20;

export interface Patience {
  withinMs?: number;
}

/**
 * Calls `attempt` until it neither throws nor returns `false`, and returns its result. For things that become true
 * by themselves; never for things that should not happen.
 *
 * @throws Error after `withinMs` (default 20,000), with the last failure as its cause
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { withinMs = 20_000 }: Patience = {},
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const failure = await attemptOnce(attempt);
    if ("result" in failure) return failure.result;
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs > withinMs) {
      const why = failure.error instanceof Error ? failure.error.message : String(failure.error);
      throw new Error(`not so within ${withinMs} ms: ${why}`, { cause: failure.error });
    }
    await delay(POLL_MS);
  }
}

async function attemptOnce<T>(attempt: () => T | Promise<T>): Promise<{ result: T } | { error: unknown }> {
  try {
    const result = await attempt();
    return result === false ? { error: new Error("still false") } : { result };
  } catch (error) {
    return { error };
  }
}
