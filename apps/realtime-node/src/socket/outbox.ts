import { FrameRun } from "./frame-run.ts";
import { Scratch } from "./scratch.ts";
import type { Sink } from "./sink.ts";
import type { Frames } from "./wire-frame.ts";

/** Above this a client is more than one slow second behind on a 30 Mbit/s line; it will not catch up by waiting. */
export const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;

/** A turn that offers one socket more than this is written at once: the kernel may take it before the bound is met. */
const RUN_BYTES_MAX = 256 * 1024;

/**
 * One event-loop turn of all sockets of a node. System calls per socket dominate the cost of a fan-out, so frames
 * gather per socket while the turn lasts and leave in one write (stack notes, section 5: up to 15 times the deliveries
 * per CPU-second). `setImmediate` ends the turn; a timer of a few milliseconds was measured to be slower.
 */
export class Turn {
  /** For whatever is written to one socket alone. */
  readonly scratch = new Scratch();
  #dirty: Outbox[] = [];
  #root = FrameRun.empty();
  #after: (() => void)[] = [];
  #immediate: NodeJS.Immediate | undefined;

  /** The empty run of this turn; `outbox` is flushed when it ends. */
  begin(outbox: Outbox): FrameRun {
    this.#dirty.push(outbox);
    this.#schedule();
    return this.#root;
  }

  /** Runs `task` once everything offered in this turn has been written. */
  afterwards(task: () => void): void {
    this.#after.push(task);
    this.#schedule();
  }

  /** Ends the turn now. */
  flush(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const dirty = this.#dirty;
    const after = this.#after;
    this.#dirty = [];
    this.#after = [];
    this.#root = FrameRun.empty();
    for (const outbox of dirty) outbox.flush();
    for (const task of after) task();
  }

  #schedule(): void {
    this.#immediate ??= setImmediate(() => this.flush());
  }
}

/**
 * What waits to be written to one socket. Frames leave in the order they were offered. When the peer is more than
 * `BUFFERED_BYTES_MAX` behind, everything further is refused and `onSlow` is called once, after the turn, so that a
 * fan-out is never interrupted by the end of one of its members.
 */
export class Outbox {
  readonly #turn: Turn;
  readonly #sink: Sink;
  readonly #onSlow: () => void;
  #run: FrameRun | null = null;
  #closed = false;

  constructor(turn: Turn, sink: Sink, onSlow: () => void) {
    this.#turn = turn;
    this.#sink = sink;
    this.#onSlow = onSlow;
  }

  /** False when they were refused, because the socket is closed or too far behind; the caller does not retry. */
  offer(frames: Frames): boolean {
    if (this.#closed) return false;
    if (this.bufferedBytes > BUFFERED_BYTES_MAX) {
      this.#closed = true;
      this.#turn.afterwards(this.#onSlow);
      return false;
    }
    this.#run = (this.#run ?? this.#turn.begin(this)).with(frames);
    if (this.#run.byteLength > RUN_BYTES_MAX) this.flush();
    return true;
  }

  get bufferedBytes(): number {
    return this.#sink.bufferedBytes + (this.#run?.byteLength ?? 0);
  }

  /** Hands everything offered so far to the socket. */
  flush(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    this.#turn.scratch.write(run, this.#sink);
  }

  /** What was offered is still written; nothing more is accepted. */
  close(): void {
    this.flush();
    this.#closed = true;
  }
}
