import type { WireFrame } from "../socket/wire-frame.ts";

/** A room so busy that more than this passes while a query of 5 s runs cannot be replayed into. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Stands between the hub and a channel while its replay is looked up (protocol 4.5). The channel must hear what is sent
 * during the query, but after the replayed messages, and no message twice: so it joins its room first, live frames wait
 * here, and the ids that passed live are taken out of the replay.
 */
export class ReplayGate {
  readonly #frames: WireFrame[] = [];
  readonly #liveIds = new Set<string>();
  #bytes = 0;
  #overflowed = false;

  /** Always accepts: whether too much came is asked once, at the end. */
  offer(frame: WireFrame): boolean {
    this.#bytes += frame.byteLength;
    if (this.#bytes > WAITING_BYTES_MAX) this.#overflowed = true;
    else this.#frames.push(frame);
    return true;
  }

  sawLive(id: string): void {
    this.#liveIds.add(id);
  }

  isLive(id: string): boolean {
    return this.#liveIds.has(id);
  }

  /** True when frames were lost: the join has to be refused, it would begin with a gap. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  frames(): readonly WireFrame[] {
    return this.#frames;
  }
}
