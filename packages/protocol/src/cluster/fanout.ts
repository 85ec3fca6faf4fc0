import { z } from "zod";
import type { Broadcast, BroadcastPosition } from "../supabase/broadcast.ts";

/** A public and a private channel of one name are two rooms that never hear each other (protocol 3.1). */
export interface Room {
  ref: string;
  /** The topic without `realtime:`. */
  topic: string;
  private: boolean;
}

/** One string per room, usable as a map key: `<ref>/pub/<topic>` or `<ref>/prv/<topic>`. */
export function toRoomKey(room: Room): string {
  return `${room.ref}/${room.private ? "prv" : "pub"}/${room.topic}`;
}

/** What the node that accepted a traced broadcast tells the others. Epoch milliseconds with fractions, by its own clock. */
const TraceStart = z.object({
  accepted: z.number(),
  sequenced: z.number(),
  busOut: z.number(),
  region: z.string(),
});
export type TraceStart = z.infer<typeof TraceStart>;

/** A broadcast as nodes exchange it. */
export interface FanOutEnvelope {
  room: Room;
  position: BroadcastPosition;
  acceptedAtMs: number;
  broadcast: Broadcast;
  /** Channel id of the sender, kept so that taps and traces can name it. */
  sender?: string;
  /** There while somebody traces the project. */
  trace?: TraceStart;
}

/**
 * How far an origin has counted in a room, said a second after its last message: a node that missed the end of a
 * sequence learns of it without waiting for the next message.
 */
export interface RoomHeads {
  room: Room;
  heads: BroadcastPosition[];
}

/** What travels on a room's subject. */
export type RoomMessage =
  | { kind: "broadcast"; envelope: FanOutEnvelope }
  | { kind: "heads"; heads: RoomHeads };

const RoomHeader = z.object({ ref: z.string(), topic: z.string(), private: z.boolean() });
const Position = z.object({ origin: z.string(), seq: z.int().positive() });
const Meta = z.object({ id: z.string().optional(), replayed: z.literal(true).optional() });

const BroadcastHeader = z.object({
  kind: z.literal("broadcast"),
  room: RoomHeader,
  position: Position,
  acceptedAtMs: z.number(),
  sender: z.string().optional(),
  trace: TraceStart.optional(),
  form: z.discriminatedUnion("form", [
    z.object({ form: z.literal("verbatim"), meta: Meta.optional() }),
    z.object({
      form: z.literal("user"),
      event: z.string(),
      encoding: z.enum(["json", "binary"]),
      meta: Meta.optional(),
    }),
    z.object({ form: z.literal("raw"), event: z.string() }),
  ]),
});
const HeadsHeader = z.object({ kind: z.literal("heads"), room: RoomHeader, heads: z.array(Position) });
const Header = z.discriminatedUnion("kind", [BroadcastHeader, HeadsHeader]);
type Header = z.infer<typeof Header>;

/** Another version of this form is refused, not guessed at: nodes of two versions share a bus during a deploy. */
const VERSION = 1;
/** One byte of version, four of header length (big-endian); then the header as JSON, then the payload's bytes. */
const PREFIX_BYTES = 5;
const EMPTY = new Uint8Array(0);

/** The bytes are not what a node of this version writes. */
export class MalformedEnvelope extends Error {
  override readonly name = "MalformedEnvelope";
}

export function encodeRoomMessage(message: RoomMessage): Uint8Array {
  if (message.kind === "heads") return encode({ kind: "heads", ...message.heads }, EMPTY);
  const { broadcast, ...rest } = message.envelope;
  if (broadcast.form === "verbatim") {
    const { payloadJson, ...form } = broadcast;
    return encode({ kind: "broadcast", ...rest, form }, new TextEncoder().encode(payloadJson));
  }
  const { payload, ...form } = broadcast;
  return encode({ kind: "broadcast", ...rest, form }, payload);
}

/**
 * The payload of the result is a view into `bytes`.
 * @throws MalformedEnvelope
 */
export function decodeRoomMessage(bytes: Uint8Array): RoomMessage {
  const { header, payload } = decode(bytes);
  if (header.kind === "heads") return { kind: "heads", heads: { room: header.room, heads: header.heads } };
  const { kind, form, ...rest } = header;
  return { kind, envelope: { ...rest, broadcast: withPayload(form, payload) } };
}

function withPayload(form: z.infer<typeof BroadcastHeader>["form"], payload: Uint8Array): Broadcast {
  if (form.form === "verbatim") return { ...form, payloadJson: new TextDecoder().decode(payload) };
  return { ...form, payload };
}

function encode(header: Header, payload: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(PREFIX_BYTES + text.length + payload.length);
  bytes[0] = VERSION;
  new DataView(bytes.buffer).setUint32(1, text.length);
  bytes.set(text, PREFIX_BYTES);
  bytes.set(payload, PREFIX_BYTES + text.length);
  return bytes;
}

function decode(bytes: Uint8Array): { header: Header; payload: Uint8Array } {
  if (bytes.length < PREFIX_BYTES) throw new MalformedEnvelope("shorter than its prefix");
  if (bytes[0] !== VERSION) throw new MalformedEnvelope(`version ${bytes[0]}, expected ${VERSION}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  const end = PREFIX_BYTES + length;
  if (end > bytes.length) throw new MalformedEnvelope("ends within its header");
  return { header: parseHeader(bytes.subarray(PREFIX_BYTES, end)), payload: bytes.subarray(end) };
}

function parseHeader(text: Uint8Array): Header {
  try {
    return Header.parse(JSON.parse(new TextDecoder().decode(text)));
  } catch (cause) {
    throw new MalformedEnvelope("the header cannot be read", { cause });
  }
}
