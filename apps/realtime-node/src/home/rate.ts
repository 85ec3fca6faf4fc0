/** Changes per second out of a growing count, over about ten seconds. */
const WEIGHT = 0.2;

export class Rate {
  #count = 0;
  #atMs: number | undefined;
  #perSecond = 0;

  get perSecond(): number {
    return this.#perSecond;
  }

  sample(count: number, nowMs: number): void {
    if (this.#atMs !== undefined && nowMs > this.#atMs) {
      const rate = ((count - this.#count) * 1_000) / (nowMs - this.#atMs);
      this.#perSecond += (rate - this.#perSecond) * WEIGHT;
    }
    this.#count = count;
    this.#atMs = nowMs;
  }
}
