import { Refusal } from "../errors.ts";
import type { Broadcast } from "../supabase/broadcast.ts";
import { isAbsent } from "./broadcast-text.ts";
import { MalformedFrame } from "./codec.ts";
import type { ClientMessage, ClientPush, ClientUserBroadcast } from "./frame.ts";
import { HEADER_FIELD_BYTES_MAX } from "./limits.ts";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

/**
 * Binary frames of serializer 2.0.0 (protocol 1.9): one byte of kind, one byte of size per header field, the fields,
 * the payload until the end of the frame.
 */
const PUSH = 0;
const BROADCAST = 2;
const USER_BROADCAST_PUSH = 3;
const USER_BROADCAST = 4;

const BINARY_ENCODING = 0;
const JSON_ENCODING = 1;

/** @throws MalformedFrame for other kinds than 0 and 3, for sizes beyond the frame's end, and for broken metadata */
export function decodeBinary(bytes: Uint8Array): ClientMessage {
  switch (bytes[0]) {
    case PUSH:
      return decodePush(bytes);
    case USER_BROADCAST_PUSH:
      return decodeUserBroadcastPush(bytes);
    default:
      throw new MalformedFrame(`unknown kind ${bytes[0] ?? "(empty frame)"}`);
  }
}

function decodePush(bytes: Uint8Array): ClientPush {
  const header = 5;
  const [[joinRef, ref, topic, event], end] = readFields(bytes, 1, 4, header);
  return { kind: "push", joinRef, ref, topic, event, payload: bytes.subarray(end) };
}

function decodeUserBroadcastPush(bytes: Uint8Array): ClientUserBroadcast {
  const header = 7;
  const [[joinRef, ref, topic, event, metadata], end] = readFields(bytes, 1, 5, header);
  // A frame with broken metadata is dropped (protocol 12.8).
  const id = metadata === "" ? undefined : parseMetadata(metadata);
  const encoding = bytes[header - 1] === BINARY_ENCODING ? "binary" : "json";
  const payload = bytes.subarray(end);
  return { kind: "user-broadcast", joinRef, ref, topic, event, encoding, id, payload };
}

type Fields = [string, string, string, string, string];

/** Reads `count` fields whose sizes begin at `sizes` and whose text begins at `header`; also where the text ends. */
function readFields(bytes: Uint8Array, sizes: number, count: number, header: number): [Fields, number] {
  if (bytes.length < header) throw new MalformedFrame("frame ends within its header");
  const fields: Fields = ["", "", "", "", ""];
  let at = header;
  for (let field = 0; field < count; field++) {
    const end = at + (bytes[sizes + field] as number);
    if (end > bytes.length) throw new MalformedFrame("frame ends within its header");
    fields[field] = readField(bytes, at, end);
    at = end;
  }
  return [fields, at];
}

function readField(bytes: Uint8Array, start: number, end: number): string {
  try {
    return readUtf8(bytes, start, end);
  } catch (cause) {
    throw new MalformedFrame("header field is not UTF-8", { cause });
  }
}

/** The `id`, which is all that is read of it. */
function parseMetadata(text: string): string | undefined {
  try {
    return textMember(JSON.parse(text), "id");
  } catch (cause) {
    throw new MalformedFrame("metadata is not JSON", { cause });
  }
}

function textMember(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const member: unknown = Reflect.get(value, key);
  return typeof member === "string" ? member : undefined;
}

type User = Extract<Broadcast, { form: "user" }>;
type Raw = Extract<Broadcast, { form: "raw" }>;

const USER_HEADER_BYTES = 5;
const RAW_HEADER_BYTES = 3;

/** Headers are put together here and copied once; encoding is synchronous, so one is enough. */
const scratch = new Uint8Array(USER_HEADER_BYTES + 3 * HEADER_FIELD_BYTES_MAX);

/** Kind 4. @throws Refusal HeaderFieldTooLong, unless {@link checkHeaderFields} let the broadcast in */
export function encodeUserBroadcast(topic: string, { event, encoding, payload, meta }: User): Uint8Array {
  scratch[0] = USER_BROADCAST;
  scratch[4] = encoding === "json" ? JSON_ENCODING : BINARY_ENCODING;
  let end = writeField("topic", topic, 1, USER_HEADER_BYTES);
  end = writeField("event", event, 2, end);
  end = writeField("metadata", isAbsent(meta) ? "" : JSON.stringify(meta), 3, end);
  return withPayload(end, payload);
}

/** Kind 2. @throws Refusal HeaderFieldTooLong, unless {@link checkHeaderFields} let the broadcast in */
export function encodeRawBroadcast(topic: string, { event, payload }: Raw): Uint8Array {
  scratch[0] = BROADCAST;
  const end = writeField("topic", topic, 1, RAW_HEADER_BYTES);
  return withPayload(writeField("event", event, 2, end), payload);
}

/** Writes text at `at` and its size at `sizeAt`; returns where the next field begins. */
function writeField(name: string, text: string, sizeAt: number, at: number): number {
  const written = writeUtf8(text, scratch, at, HEADER_FIELD_BYTES_MAX);
  if (written < 0) throw tooLong(name, utf8Length(text));
  scratch[sizeAt] = written;
  return at + written;
}

function withPayload(headerEnd: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerEnd + payload.length);
  frame.set(scratch.subarray(0, headerEnd));
  frame.set(payload, headerEnd);
  return frame;
}

/**
 * To be asked before a broadcast is accepted: can binary frames name this topic (with `realtime:`) and event? A sender
 * is told, instead of every member of the room missing the message.
 * @throws Refusal HeaderFieldTooLong
 */
export function checkHeaderFields(fullTopic: string, event: string): void {
  checkField("topic", fullTopic);
  checkField("event", event);
}

function checkField(name: string, text: string): void {
  // Three bytes is the most that one UTF-16 unit can become.
  if (text.length * 3 <= HEADER_FIELD_BYTES_MAX) return;
  const bytes = utf8Length(text);
  if (bytes > HEADER_FIELD_BYTES_MAX) throw tooLong(name, bytes);
}

function tooLong(name: string, bytes: number): Refusal {
  return new Refusal("HeaderFieldTooLong", {
    message: `${name} takes ${bytes} bytes, at most ${HEADER_FIELD_BYTES_MAX} are possible`,
  });
}
