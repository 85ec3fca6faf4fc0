import type { Broadcast } from "../supabase/broadcast.ts";
import type { ClientMessage, ServerFrame, WireData } from "./frame.ts";

/** The client sent a frame that its serializer cannot mean. The frame is dropped, the socket stays (protocol 1.8). */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

/** One serializer. Pure; instances are singletons, so a fan-out may use them as map keys. */
export interface Codec {
  readonly vsn: "1.0.0" | "2.0.0";
  /** @throws MalformedFrame */
  decodeText(text: string): ClientMessage;
  /** @throws MalformedFrame */
  decodeBinary(bytes: Uint8Array): ClientMessage;
  encode(frame: ServerFrame): string;
  /**
   * @param topic the full topic, with `realtime:`
   * @returns null when this serializer has no form for the message (protocol 1.9, "dropped")
   */
  encodeBroadcast(topic: string, broadcast: Broadcast): WireData | null;
}
