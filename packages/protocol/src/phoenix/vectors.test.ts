import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Broadcast } from "../supabase/broadcast.ts";
import { MalformedFrame } from "./codec.ts";
import type { ServerFrame, WireData } from "./frame.ts";
import { jsonV1 } from "./json-v1.ts";
import { jsonV2 } from "./json-v2.ts";

interface Wire {
  text?: string;
  hex?: string;
  nothing?: true;
}

interface Vectors {
  vsn: string;
  decode: (Wire & { name: string; rule: string; message?: unknown; malformed?: true })[];
  encode: { name: string; rule: string; frame: ServerFrame; text: string }[];
  broadcast: (Wire & { name: string; rule: string; topic: string; broadcast: Broadcast })[];
}

/** Files of vectors write bytes as `{"hex": ...}`. */
function load(name: string): Vectors {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (_, value) =>
    typeof value?.hex === "string" && Object.keys(value).length === 1 ? bytes(value.hex) : value,
  );
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function toWire(data: WireData | null): Wire {
  if (data === null) return { nothing: true };
  return typeof data === "string" ? { text: data } : { hex: Buffer.from(data).toString("hex") };
}

describe.each([
  ["json-v1", jsonV1],
  ["json-v2", jsonV2],
] as const)("golden frames of %s", (name, codec) => {
  const vectors = load(name);

  test("belong to this serializer", () => {
    expect(vectors.vsn).toBe(codec.vsn);
  });

  test.each(vectors.decode)("[$rule] decode: $name", ({ text, hex, message, malformed }) => {
    const decode = () => (text === undefined ? codec.decodeBinary(bytes(hex ?? "")) : codec.decodeText(text));
    if (malformed) expect(decode).toThrow(MalformedFrame);
    else expect(decode()).toEqual(message);
  });

  test.each(vectors.encode)("[$rule] encode: $name", ({ frame, text }) => {
    expect(codec.encode(frame)).toBe(text);
  });

  test.each(vectors.broadcast)("[$rule] broadcast: $name", ({ topic, broadcast, text, hex, nothing }) => {
    expect(toWire(codec.encodeBroadcast(topic, broadcast))).toEqual({ text, hex, nothing });
  });
});
