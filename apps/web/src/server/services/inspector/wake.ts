import { setTimeout as delay } from "node:timers/promises";

/** Lets a reader sleep until something happens, but neither too short nor too long. */
export class Wake {
  #called = false;
  #resolve: (() => void) | undefined;

  /** What the reader waits for has happened; calls before it sleeps count. */
  call(): void {
    this.#called = true;
    this.#resolve?.();
  }

  /** Resolves after a call, though not before `leastMs`, and after `mostMs` in any case. */
  async within(leastMs: number, mostMs: number): Promise<void> {
    await delay(leastMs);
    if (!this.#called) {
      const timer = new AbortController();
      const called = new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
      await Promise.race([
        called,
        delay(mostMs - leastMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
      timer.abort();
      this.#resolve = undefined;
    }
    this.#called = false;
  }
}
