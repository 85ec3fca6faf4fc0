import type { TapEvent, TraceHop } from "@tidewire/protocol/cluster/tap";

/** One parcel of the tail. The counts cover all nodes since the previous parcel. */
export interface TailParcel {
  events: TapEvent[];
  /** Events that matched the filter. */
  seen: number;
  /** Of those, not sent because of the rate limit or a slow reader. */
  dropped: number;
  /** The way of broadcasts, one entry per message and node; only when asked for. */
  traces: TraceHop[];
  /** Such entries that there was no room for, on the nodes or on the way here. */
  tracesDropped: number;
  atMs: number;
  answered: string[];
  silent: string[];
}

export interface SentMessage {
  node: string;
  httpStatus: number;
  ms: number;
  id: string;
}
