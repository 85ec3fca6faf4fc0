interface Alarm {
  atMs: number;
  ring: () => void;
}

/** Time that passes only when told to, with timers that ring on the way. */
export class ManualClock {
  #nowMs: number;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  now = (): number => this.#nowMs;

  /** Rings once, when {@link advance} has passed `delayMs`; the result cancels it. */
  after(delayMs: number, ring: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, ring };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** Moves on by `ms`, ringing every alarm that falls due, in order, each at its own time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#alarms.delete(next);
      this.#nowMs = next.atMs;
      next.ring();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= untilMs && (!first || alarm.atMs < first.atMs)) first = alarm;
    }
    return first;
  }
}
