import type { TapEvent } from "@tidewire/protocol/cluster/inspect";

/** One parcel of the tail. The counts cover all nodes since the previous parcel. */
export interface TailParcel {
  events: TapEvent[];
  /** Events that matched the filter. */
  seen: number;
  /** Of those, not sent because of the rate limit or a slow reader. */
  dropped: number;
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
