import type { Broadcast } from "../supabase/broadcast.ts";
import { decodeBinary, encodeRawBroadcast, encodeUserBroadcast } from "./binary-v2.ts";
import { verbatimPayload } from "./broadcast-text.ts";
import { type Codec, MalformedFrame } from "./codec.ts";
import type { ClientPush, ServerFrame, WireData } from "./frame.ts";
import { elementRange, isObjectJson } from "./json-range.ts";
import { parseFrameJson, parseName, parseRef, payloadText } from "./text-frame.ts";

/** Serializer 2.0.0: `[join_ref, ref, topic, event, payload]` and binary kinds (protocol 1.8, 1.9). */
export const jsonV2: Codec = { vsn: "2.0.0", decodeText, decodeBinary, encode, encodeBroadcast };

const ELEMENTS = 5;

function decodeText(text: string): ClientPush {
  const message = parseFrameJson(text);
  if (!Array.isArray(message) || message.length < ELEMENTS) {
    throw new MalformedFrame("expected [join_ref, ref, topic, event, payload]");
  }
  const [joinRef, ref, topic, event, payload] = message as unknown[];
  return {
    kind: "push",
    joinRef: parseRef(joinRef, "join_ref"),
    ref: parseRef(ref, "ref"),
    topic: parseName(topic, "topic"),
    event: parseName(event, "event"),
    payload,
    payloadJson: payloadSource(text, message.length),
  };
}

/** Usually the payload is the last element: then its end is known without reading through it. */
function payloadSource(text: string, elements: number): string {
  const payload = ELEMENTS - 1;
  if (elements > ELEMENTS) {
    const { start, end } = elementRange(text, payload);
    return text.slice(start, end);
  }
  const { end: eventEnd } = elementRange(text, payload - 1);
  return text.slice(text.indexOf(",", eventEnd) + 1, text.lastIndexOf("]")).trim();
}

function encode(frame: ServerFrame): string {
  return toText(
    JSON.stringify(frame.joinRef),
    JSON.stringify(frame.ref),
    frame.topic,
    frame.event,
    payloadText(frame),
  );
}

function encodeBroadcast(topic: string, broadcast: Broadcast): WireData | null {
  switch (broadcast.form) {
    case "verbatim":
      // Clients of this version fail on a payload that is not an object (protocol 11.21).
      if (!isObjectJson(broadcast.payloadJson)) return null;
      return toText("null", "null", topic, "broadcast", verbatimPayload(broadcast));
    case "user":
      return encodeUserBroadcast(topic, broadcast);
    case "raw":
      return encodeRawBroadcast(topic, broadcast);
  }
}

function toText(
  joinRefJson: string,
  refJson: string,
  topic: string,
  event: string,
  payloadJson: string,
): string {
  return `[${joinRefJson},${refJson},${JSON.stringify(topic)},${JSON.stringify(event)},${payloadJson}]`;
}
