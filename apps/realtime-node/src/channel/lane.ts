/** More waiting than this on one topic is no burst after a join but a flood. */
const WAITING_MAX = 1_000;
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

export type LaneTask = () => void | Promise<void>;

interface LaneEnd {
  /** Nothing waits any more; called in the same turn, so nothing can be added to a lane that has ended. */
  onEmpty(): void;
  /** A task threw; those behind it are dropped. */
  onFault(error: unknown): void;
}

/**
 * The order of one topic on one connection. Most messages are handled in the turn they arrive in and need no lane; when
 * one has to wait for somebody (a join, a permission), all later ones of its topic wait behind it here. Other topics go
 * on. Full means refused: `add` says so and the caller answers.
 */
export class Lane {
  readonly #waiting: { task: LaneTask; bytes: number }[] = [];
  readonly #end: LaneEnd;
  #waitingBytes = 0;

  constructor(first: Promise<void>, end: LaneEnd) {
    this.#end = end;
    this.#drain(first).catch((error: unknown) => {
      this.#waiting.length = 0;
      end.onFault(error);
    });
  }

  /** False when the lane is full; the task will not run. */
  add(task: LaneTask, bytes: number): boolean {
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes + bytes > WAITING_BYTES_MAX) return false;
    this.#waiting.push({ task, bytes });
    this.#waitingBytes += bytes;
    return true;
  }

  async #drain(first: Promise<void>): Promise<void> {
    await first;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.bytes;
      const pending = next.task();
      // Awaiting nothing would still give way to other messages, and a burst would cost a turn per message.
      if (pending !== undefined) await pending;
    }
    this.#end.onEmpty();
  }
}
