import { MalformedFrame } from "./codec.ts";
import type { Ref } from "./frame.ts";

/** @throws MalformedFrame when `text` is not JSON */
export function parseFrameJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedFrame("not JSON", { cause });
  }
}

/** @throws MalformedFrame when `value` is not a reference */
export function parseRef(value: unknown, field: string): Ref {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new MalformedFrame(`${field} must be a string, a number or null`);
}

/** @throws MalformedFrame when `value` is not text */
export function parseName(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new MalformedFrame(`${field} must be a string`);
}

/** Payload of a frame as JSON text. */
export function payloadText(frame: { payload?: unknown; payloadJson?: string }): string {
  return frame.payloadJson ?? JSON.stringify(frame.payload ?? {});
}
