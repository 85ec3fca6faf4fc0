import type { Codec } from "@tidewire/protocol/phoenix/codec";

/** One complete WebSocket frame; built once, offered to any number of members. */
export type WireFrame = Uint8Array;

/** What the hub holds of a channel. */
export interface Subscriber {
  readonly channelId: string;
  readonly codec: Codec;
  /** With `realtime:`. */
  readonly fullTopic: string;
  /** Asked for `config.broadcast.sequence` (difference D6). */
  readonly wantsPosition: boolean;
  /** When it began to listen, through all its connections; epoch milliseconds. */
  readonly listensSinceMs: number;
  /** Grants of a private channel; they may change while it lives. */
  mayReadBroadcast(): boolean;
  mayReadPresence(): boolean;
  /** Whether this channel was already given the message with this id, by a replay (protocol 4.5). */
  suppresses(id: string): boolean;
  readonly outbox: {
    /** False when the frame was refused; the caller does not retry. */
    offer(frame: WireFrame): boolean;
  };
}
