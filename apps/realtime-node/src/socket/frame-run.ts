import type { WireFrame } from "./wire-frame.ts";

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
  readonly #frame: WireFrame | null;
  readonly #after: FrameRun[] = [];
  #oldest = 0;
  #bytes: Buffer | null = null;
  /** Of all frames from the root to here. */
  readonly byteLength: number;
  readonly length: number;

  private constructor(before: FrameRun | null, frame: WireFrame | null) {
    this.#before = before;
    this.#frame = frame;
    this.byteLength = (before?.byteLength ?? 0) + (frame?.byteLength ?? 0);
    this.length = before === null ? 0 : before.length + 1;
  }

  static empty(): FrameRun {
    return new FrameRun(null, null);
  }

  /** This run with `frame` at its end; the same object for every socket that asks for the same. */
  with(frame: WireFrame): FrameRun {
    for (const run of this.#after) if (run.#frame === frame) return run;
    const run = new FrameRun(this, frame);
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
    this.#bytes ??= this.length === 1 && this.#frame !== null ? this.#frame : Buffer.concat(this.#frames());
    return this.#bytes;
  }

  #frames(): WireFrame[] {
    const frames = new Array<WireFrame>(this.length);
    for (let run: FrameRun = this; run.#before !== null && run.#frame !== null; run = run.#before) {
      frames[run.length - 1] = run.#frame;
    }
    return frames;
  }
}
