import type { Frames } from "./wire-frame.ts";

/** Longer memory finds little more: a fan-out offers the same frame to one member after the other. */
const BRANCHES_REMEMBERED = 4;

/**
 * The frames that one socket was offered in one event-loop turn, as a node of a tree shared by all sockets of the turn.
 *
 * A room of 1,000 members that hears ten messages in a turn needs one buffer of ten frames, not 1,000. Comparing 1,000
 * queues would cost what it saves; here sockets that were offered the same frames in the same order *are* at the same
 * node, and the node joins its bytes once. Sharing is best effort: a branch that was forgotten is built again.
 */
export class FrameRun {
  readonly #before: FrameRun | null;
  readonly #frames: Frames | null;
  readonly #after: FrameRun[] = [];
  #oldest = 0;
  #bytes: Buffer | null = null;
  #isShared = false;
  /** Of all frames from the root to here. */
  readonly byteLength: number;

  private constructor(before: FrameRun | null, frames: Frames | null) {
    this.#before = before;
    this.#frames = frames;
    this.byteLength = (before?.byteLength ?? 0) + (frames?.byteLength ?? 0);
    if (before !== null && before.byteLength === 0 && Buffer.isBuffer(frames)) this.#bytes = frames;
  }

  static empty(): FrameRun {
    return new FrameRun(null, null);
  }

  /** More than one socket was offered it, or no bytes have to be put together for it. */
  get isShared(): boolean {
    return this.#isShared || this.#bytes !== null;
  }

  /** This run with `frames` at its end; the same object for every socket that asks for the same. */
  with(frames: Frames): FrameRun {
    for (const run of this.#after) {
      if (run.#frames !== frames) continue;
      run.#isShared = true;
      return run;
    }
    const run = new FrameRun(this, frames);
    if (this.#after.length < BRANCHES_REMEMBERED) {
      this.#after.push(run);
    } else {
      this.#after[this.#oldest] = run;
      this.#oldest = (this.#oldest + 1) % BRANCHES_REMEMBERED;
    }
    return run;
  }

  /** All frames in order, joined once and shared; the caller only reads. */
  bytes(): Buffer {
    if (this.#bytes !== null) return this.#bytes;
    this.#bytes = Buffer.allocUnsafe(this.byteLength);
    this.copyTo(this.#bytes);
    return this.#bytes;
  }

  /** All frames in order, at the beginning of `target`, which must have room for `byteLength` bytes. */
  copyTo(target: Buffer): void {
    for (let run: FrameRun = this; run.#before !== null; run = run.#before) {
      run.#frames?.copy(target, run.#before.byteLength);
    }
  }
}
