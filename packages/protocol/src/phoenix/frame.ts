/** A message reference, echoed exactly as the client wrote it: string, number or null (protocol 12.7). */
export type Ref = string | number | null;

/** One message of the Phoenix channel protocol on its way to a client. */
export interface ServerFrame {
  joinRef: Ref;
  ref: Ref;
  /** The full topic, with `realtime:` where the client wrote it. */
  topic: string;
  event: string;
  /** An object: clients cannot take null (protocol 11.21). Left out when `payloadJson` is there. */
  payload?: unknown;
  /** Finished JSON text that is sent in place of `payload`, so that numbers keep their digits. */
  payloadJson?: string;
}

/** A text frame of a client (both serializers), or a stock Phoenix kind 0 binary push (`payload` is then a `Uint8Array`). */
export interface ClientPush {
  kind: "push";
  joinRef: Ref;
  ref: Ref;
  topic: string;
  event: string;
  payload: unknown;
  /** The payload exactly as it was written, so that a relay does not alter numbers or key order. Absent for binary pushes. */
  payloadJson?: string;
}

/** A kind 3 binary frame of serializer 2.0.0 (protocol 1.9). */
export interface ClientUserBroadcast {
  kind: "user-broadcast";
  joinRef: Ref;
  ref: Ref;
  topic: string;
  /** The event name chosen by the user. */
  event: string;
  encoding: "json" | "binary";
  /** `id` of the metadata, when it is text: what the sender knows the message by. */
  id?: string;
  /** The user's payload, not parsed; a view into the received frame. */
  payload: Uint8Array;
}

export type ClientMessage = ClientPush | ClientUserBroadcast;

/** What is handed to a socket: the WebSocket opcode follows from the type. */
export type WireData = string | Uint8Array;
