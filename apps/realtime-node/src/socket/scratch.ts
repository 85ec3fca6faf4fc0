import type { FrameRun } from "./frame-run.ts";
import type { Sink } from "./sink.ts";

/** A socket's share of a busy turn has a few KiB. What is larger costs more to send than to allocate. */
export const ROOM_BYTES = 64 * 1024;

/**
 * Writes runs of frames to sockets.
 *
 * Problem: a thousand sockets, each sent its own bytes forty times a second, are forty thousand buffers outside V8's
 * heap a second, for which its collector ran all the time, on the other core too (`bench/results/wal.md`). But the
 * kernel has copied nearly all of them before the write returns. So frames that no other socket shares are put together
 * in one room that is used again, unless the socket kept it.
 */
export class Scratch {
  #room = Buffer.allocUnsafeSlow(ROOM_BYTES);

  write(run: FrameRun, sink: Sink): void {
    // What waits keeps its memory for as long: no more of it than its bytes.
    const isTaken = sink.bufferedBytes === 0 && run.byteLength <= ROOM_BYTES;
    if (run.isShared || !isTaken) {
      sink.write(run.bytes());
      return;
    }
    run.copyTo(this.#room);
    sink.write(this.#room.subarray(0, run.byteLength));
    if (sink.bufferedBytes > 0) this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  }
}
