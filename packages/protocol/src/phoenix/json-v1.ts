import type { Broadcast } from "../supabase/broadcast.ts";
import { userPayload, verbatimPayload } from "./broadcast-text.ts";
import { type Codec, MalformedFrame } from "./codec.ts";
import type { ClientPush, ServerFrame } from "./frame.ts";
import { memberRange } from "./json-range.ts";
import { parseFrameJson, parseName, parseRef, payloadText } from "./text-frame.ts";

/** Serializer 1.0.0: an object, text only; `join_ref` is understood but never sent (protocol 1.7). */
export const jsonV1: Codec = { vsn: "1.0.0", decodeText, decodeBinary, encode, encodeBroadcast };

const REQUIRED = ["topic", "event", "payload", "ref"] as const;

function decodeText(text: string): ClientPush {
  const message = parseFrameJson(text);
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new MalformedFrame("expected an object");
  }
  const fields = message as Record<string, unknown>;
  for (const key of REQUIRED) if (!Object.hasOwn(fields, key)) throw new MalformedFrame(`missing ${key}`);
  const range = memberRange(text, "payload");
  return {
    kind: "push",
    joinRef: parseRef(fields.join_ref ?? null, "join_ref"),
    ref: parseRef(fields.ref, "ref"),
    topic: parseName(fields.topic, "topic"),
    event: parseName(fields.event, "event"),
    payload: fields.payload,
    payloadJson: range && text.slice(range.start, range.end),
  };
}

function decodeBinary(): never {
  throw new MalformedFrame("serializer 1.0.0 has no binary frames");
}

function encode(frame: ServerFrame): string {
  return toText(frame.topic, frame.event, payloadText(frame), JSON.stringify(frame.ref));
}

function encodeBroadcast(topic: string, broadcast: Broadcast): string | null {
  switch (broadcast.form) {
    case "verbatim":
      return toText(topic, "broadcast", verbatimPayload(broadcast), "null");
    case "user":
      if (broadcast.encoding === "binary") return null;
      return toText(topic, "broadcast", userPayload(broadcast), "null");
    case "raw":
      return null;
  }
}

function toText(topic: string, event: string, payloadJson: string, refJson: string): string {
  return `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payloadJson},"ref":${refJson}}`;
}
