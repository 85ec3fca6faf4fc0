import type { Clock } from "./clock.ts";

export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`);
  }
}

/**
 * `work`, or DeadlineExceeded after `timeoutMs`. The work itself goes on; what it rejects with afterwards is dropped.
 *
 * @param what subject of the error's sentence
 */
export function within<T>(
  what: string,
  work: Promise<T>,
  { timeoutMs, clock }: { timeoutMs: number; clock: Pick<Clock, "after"> },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(new DeadlineExceeded(what, timeoutMs)));
    work.then(resolve, reject).finally(() => timer.stop());
  });
}
