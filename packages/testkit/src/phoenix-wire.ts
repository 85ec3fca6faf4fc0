/**
 * The client's side of both serializers, written from the protocol alone (1.7 to 1.9) and sharing nothing with
 * `@tidewire/protocol`, so that a mistake there cannot agree with itself.
 */
export type Vsn = "1.0.0" | "2.0.0";

export interface Message {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}

export interface ReceivedFrame extends Message {
  /** Kind byte of a binary frame; absent for text. */
  kind?: number;
  /** Length on the wire. */
  sizeBytes: number;
  /** By the client's clock, `Date.now()`. */
  atMs: number;
}

export function encodeText(vsn: Vsn, { joinRef, ref, topic, event, payload }: Message): string {
  if (vsn === "2.0.0") return JSON.stringify([joinRef, ref, topic, event, payload]);
  return JSON.stringify({ topic, event, payload, ref, join_ref: joinRef });
}

const KIND = { push: 0, reply: 1, broadcast: 2, userPush: 3, userBroadcast: 4 } as const;

export interface UserBroadcast {
  joinRef: string;
  ref: string;
  topic: string;
  event: string;
  /** Bytes travel as they are; anything else as JSON. */
  payload: unknown;
  metadata?: string;
}

/** A kind 3 frame. */
export function encodeUserBroadcast({
  joinRef,
  ref,
  topic,
  event,
  payload,
  metadata = "",
}: UserBroadcast): Buffer {
  const fields = [joinRef, ref, topic, event, metadata].map((text) => Buffer.from(text));
  const binary = payload instanceof Uint8Array;
  const sizes = fields.map((field) => field.length);
  const body = binary ? payload : Buffer.from(JSON.stringify(payload));
  return Buffer.concat([Buffer.from([KIND.userPush, ...sizes, binary ? 0 : 1]), ...fields, body]);
}

/** A stock Phoenix kind 0 frame. */
export function encodeBinaryPush(message: Omit<Message, "payload"> & { payload: Uint8Array }): Buffer {
  const { joinRef, ref, topic, event, payload } = message;
  const fields = [joinRef ?? "", ref ?? "", topic, event].map((text) => Buffer.from(text));
  return Buffer.concat([
    Buffer.from([KIND.push, ...fields.map((field) => field.length)]),
    ...fields,
    payload,
  ]);
}

export function decodeServerText(vsn: Vsn, text: string, atMs: number): ReceivedFrame {
  const sizeBytes = Buffer.byteLength(text);
  const parsed = JSON.parse(text);
  if (vsn === "1.0.0") {
    const { topic, event, payload, ref } = parsed;
    return { joinRef: null, ref, topic, event, payload, sizeBytes, atMs };
  }
  const [joinRef, ref, topic, event, payload] = parsed;
  return { joinRef, ref, topic, event, payload, sizeBytes, atMs };
}

/** Kinds 0 to 2 of stock Phoenix and kind 4 of realtime-js. @throws Error for any other */
export function decodeServerBinary(bytes: Buffer, atMs: number): ReceivedFrame {
  const [kind] = bytes;
  const cut = cutter(bytes);
  const common = { kind, sizeBytes: bytes.length, atMs };
  switch (kind) {
    case KIND.push: {
      const { fields, rest } = cut(3, 0);
      const [joinRef = null, topic = "", event = ""] = fields;
      return { ...common, joinRef, ref: null, topic, event, payload: rest };
    }
    case KIND.reply: {
      const { fields, rest } = cut(4, 0);
      const [joinRef = null, ref = null, topic = "", status = ""] = fields;
      return { ...common, joinRef, ref, topic, event: "phx_reply", payload: { status, response: rest } };
    }
    case KIND.broadcast: {
      const { fields, rest } = cut(2, 0);
      const [topic = "", event = ""] = fields;
      return { ...common, joinRef: null, ref: null, topic, event, payload: rest };
    }
    case KIND.userBroadcast: {
      const { fields, rest, extra } = cut(3, 1);
      const [topic = "", event = "", metadata = ""] = fields;
      const payload = extra[0] === 0 ? rest : JSON.parse(rest.toString("utf8"));
      const meta = metadata === "" ? {} : { meta: JSON.parse(metadata) };
      const broadcast = { type: "broadcast", event, payload, ...meta };
      return { ...common, joinRef: null, ref: null, topic, event: "broadcast", payload: broadcast };
    }
    default:
      throw new Error(`a client knows no binary frame of kind ${kind}`);
  }
}

/** Header: kind, one size per field, then `extras` bytes; the fields follow in the same order. */
function cutter(bytes: Buffer) {
  return (count: number, extras: number) => {
    const extra = bytes.subarray(1 + count, 1 + count + extras);
    let offset = 1 + count + extras;
    const fields = Array.from(bytes.subarray(1, 1 + count), (size) => {
      offset += size;
      return bytes.toString("utf8", offset - size, offset);
    });
    return { fields, extra, rest: bytes.subarray(offset) };
  };
}
