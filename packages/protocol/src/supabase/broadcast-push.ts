import { Refusal } from "../errors.ts";
import { checkHeaderFields } from "../phoenix/binary-v2.ts";
import type { Codec } from "../phoenix/codec.ts";
import type { ClientMessage, ClientPush, ClientUserBroadcast } from "../phoenix/frame.ts";
import { isObjectJson } from "../phoenix/json-range.ts";
import { parseJsonBytes, utf8Length } from "../phoenix/utf8.ts";
import type { Broadcast } from "./broadcast.ts";
import { isObject } from "./cast.ts";

/** So that id, origin and number of a message together fit into the metadata of a binary frame (255 bytes). */
const ID_BYTES_MAX = 128;

interface PushContext {
  /** The sender's serializer. */
  vsn: Codec["vsn"];
  /** Whether the sender may name its messages: channels that asked for positions may (difference D6). */
  named: boolean;
}

/**
 * What a push of the event `broadcast` sends to its room. Memory of the received frame is not kept.
 * @throws Refusal HeaderFieldTooLong, InvalidBroadcastPayload (the sender is told), ChannelCrashed (phx_error)
 */
export function parseBroadcastPush(message: ClientMessage, { vsn, named }: PushContext): Broadcast {
  const broadcast = parsePush(message, vsn);
  const id = named ? idOf(message) : undefined;
  return id === undefined || broadcast.form === "raw" ? broadcast : { ...broadcast, meta: { id } };
}

function parsePush(message: ClientMessage, vsn: Codec["vsn"]): Broadcast {
  if (message.kind === "user-broadcast") return parseUserBroadcast(message);
  return message.payload instanceof Uint8Array
    ? parseRawBroadcast(message, message.payload)
    : parseTextBroadcast(message, vsn);
}

/** Kind 3 carries it in its metadata, text beside `event` and `payload`. */
function idOf(message: ClientMessage): string | undefined {
  const id = message.kind === "user-broadcast" ? message.id : textId(message.payload);
  if (id === undefined || id === "") return undefined;
  const bytes = utf8Length(JSON.stringify(id)) - 2;
  if (bytes <= ID_BYTES_MAX) return id;
  const text = `id takes ${bytes} bytes, at most ${ID_BYTES_MAX} are possible`;
  throw new Refusal("HeaderFieldTooLong", { message: text });
}

function textId(payload: unknown): string | undefined {
  return isObject(payload) && typeof payload.id === "string" ? payload.id : undefined;
}

function parseUserBroadcast({ topic, event, encoding, payload }: ClientUserBroadcast): Broadcast {
  checkHeaderFields(topic, event);
  // Supabase relays broken JSON and leaves it to every receiver to fail (protocol 12.8).
  if (encoding === "json") checkJson(payload);
  return { form: "user", event, encoding, payload: copyOf(payload) };
}

function checkJson(payload: Uint8Array): void {
  try {
    parseJsonBytes(payload);
  } catch (cause) {
    throw new Refusal("InvalidBroadcastPayload", { cause });
  }
}

function parseRawBroadcast({ topic, event }: ClientPush, payload: Uint8Array): Broadcast {
  checkHeaderFields(topic, event);
  return { form: "raw", event, payload: copyOf(payload) };
}

/** Nothing inside is looked at. Members on 2.0.0 cannot take anything but an object (protocol 4.1, 12.19). */
function parseTextBroadcast(push: ClientPush, vsn: Codec["vsn"]): Broadcast {
  const payloadJson = push.payloadJson ?? JSON.stringify(push.payload ?? {});
  if (vsn === "2.0.0" && !isObjectJson(payloadJson)) throw new Refusal("ChannelCrashed");
  return { form: "verbatim", payloadJson };
}

/** A history ring would otherwise hold a whole read buffer of the socket for every small message. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** What the project's payload limit is compared with (protocol 8). */
export function broadcastBytes(broadcast: Broadcast): number {
  return broadcast.form === "verbatim" ? utf8Length(broadcast.payloadJson) : broadcast.payload.length;
}
