import type { FanOutEnvelope, Room } from "@tidewire/protocol/cluster/fanout";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import { TopicLog } from "./topic-log.ts";

export interface HistoryLimits {
  windowMs: number;
  messagesMax: number;
}

/** A thousand messages of 8 KB; larger ones are kept for a shorter time. */
const TOPIC_BYTES_MAX = 8 * 1024 * 1024;
/** So that one project with many topics does not push out the history of the others. */
const PROJECT_BYTES_MAX = 64 * 1024 * 1024;
const NODE_BYTES_MAX = 256 * 1024 * 1024;
/** When a bound is reached this much is freed beyond it, so that the next message does not have to search again. */
const FREED_SHARE = 0.1;
/** A payload that keeps more than this many times its size alive is copied out. */
const PINNED_FACTOR_MAX = 2;

export interface HistoryBounds {
  topicBytesMax: number;
  projectBytesMax: number;
  nodeBytesMax: number;
}

const BOUNDS: HistoryBounds = {
  topicBytesMax: TOPIC_BYTES_MAX,
  projectBytesMax: PROJECT_BYTES_MAX,
  nodeBytesMax: NODE_BYTES_MAX,
};

interface Options {
  limitsOf: (ref: string) => HistoryLimits;
  monotonicMs: () => number;
  bounds?: HistoryBounds;
}

/**
 * The recent broadcasts of all rooms that this node carries, bounded by age and count per topic (settings of the
 * project) and by bytes per topic, project and node. The oldest go first.
 */
export class History {
  readonly #options: Required<Options>;
  readonly #logs = new Map<TopicLog, Room>();
  readonly #bytesByRef = new Map<string, number>();
  #bytes = 0;

  constructor(options: Options) {
    this.#options = { ...options, bounds: options.bounds ?? BOUNDS };
  }

  get bytes(): number {
    return this.#bytes;
  }

  open(room: Room): TopicLog {
    const log = new TopicLog();
    this.#logs.set(log, room);
    return log;
  }

  close(log: TopicLog): void {
    const room = this.#logs.get(log);
    if (room === undefined) return;
    this.#logs.delete(log);
    this.#charge(room.ref, -log.bytes);
  }

  /** Stores a message for as long as the bounds allow. False when it was already there. */
  record(log: TopicLog, envelope: FanOutEnvelope): boolean {
    const { limitsOf, monotonicMs, bounds } = this.#options;
    const { ref } = envelope.room;
    const before = log.bytes;
    const added = log.add({ ...envelope, broadcast: unpinned(envelope.broadcast) }, monotonicMs());
    const { messagesMax } = limitsOf(ref);
    while (log.count > messagesMax || (log.bytes > bounds.topicBytesMax && log.count > 1)) log.dropOldest();
    this.#charge(ref, log.bytes - before);
    if ((this.#bytesByRef.get(ref) ?? 0) > bounds.projectBytesMax) this.#free(bounds.projectBytesMax, ref);
    if (this.#bytes > bounds.nodeBytesMax) this.#free(bounds.nodeBytesMax);
    return added;
  }

  /** Drops what is older than its project's window. */
  sweep(): void {
    const nowMs = this.#options.monotonicMs();
    for (const [log, { ref }] of this.#logs) {
      const before = log.bytes;
      const sinceMs = nowMs - this.#options.limitsOf(ref).windowMs;
      for (let ms = log.oldestMs; ms !== undefined && ms < sinceMs; ms = log.oldestMs) log.dropOldest();
      this.#charge(ref, log.bytes - before);
    }
  }

  #free(bytesMax: number, ref?: string): void {
    const target = bytesMax * (1 - FREED_SHARE);
    const used = () => (ref === undefined ? this.#bytes : (this.#bytesByRef.get(ref) ?? 0));
    const logs = [...this.#logs].filter(([, room]) => ref === undefined || room.ref === ref);
    // Fullest first: taking from many small topics would end more histories for the same bytes.
    logs.sort(([a], [b]) => b.bytes - a.bytes);
    for (const [log, room] of logs) {
      const before = log.bytes;
      const enough = Math.max(0, before - (used() - target));
      while (log.bytes > enough && log.count > 0) log.dropOldest();
      this.#charge(room.ref, log.bytes - before);
      if (used() <= target) return;
    }
  }

  #charge(ref: string, bytes: number): void {
    const left = (this.#bytesByRef.get(ref) ?? 0) + bytes;
    if (left === 0) this.#bytesByRef.delete(ref);
    else this.#bytesByRef.set(ref, left);
    this.#bytes += bytes;
  }
}

/** A payload is often a small view into a large network buffer, which would live as long as the history. */
function unpinned(broadcast: Broadcast): Broadcast {
  if (broadcast.form === "verbatim") return broadcast;
  const { payload } = broadcast;
  if (payload.buffer.byteLength <= payload.byteLength * PINNED_FACTOR_MAX) return broadcast;
  return { ...broadcast, payload: new Uint8Array(payload) };
}
