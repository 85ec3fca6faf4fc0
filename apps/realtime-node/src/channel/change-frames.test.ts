import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { jsonV1 } from "@tidewire/protocol/phoenix/json-v1";
import { jsonV2 } from "@tidewire/protocol/phoenix/json-v2";
import { changeFrame, legacyChangeFrame } from "@tidewire/protocol/supabase/changes";
import { describe, expect, test } from "vitest";
import { type Frames, toWireFrame } from "../socket/wire-frame.ts";
import { ChangeFrames, ChangeRecipient } from "./change-frames.ts";

const TOPIC = 'realtime:a "quoted" ünïcode';
const change = (type: ChangeEnvelope["type"], text: string) =>
  ({ type, data: Buffer.from(text) }) as unknown as ChangeEnvelope;
/** One for each length of a frame's header. */
const DATA = ['{"n":9007199254740993}', `{"text":"${"é".repeat(200)}"}`, `{"text":"${"x".repeat(70_000)}"}`];

function bytesOf(frames: Frames): Buffer {
  const bytes = Buffer.alloc(frames.byteLength);
  frames.copy(bytes, 0);
  return bytes;
}

describe.each([jsonV1, jsonV2])("changes over serializer $vsn", (codec) => {
  test("are the frames that the codec makes, one after the other", () => {
    const frames = new ChangeFrames().framesFor(
      new ChangeRecipient(codec, TOPIC, false),
      [3, 5],
      DATA.map((text) => change("INSERT", text)),
    );
    const expected = DATA.map((text) => toWireFrame(codec.encode(changeFrame(TOPIC, [3, 5], text))));
    expect(Buffer.compare(bytesOf(frames), Buffer.concat(expected))).toBe(0);
  });

  test("[J17] stand under their own event for a channel without config", () => {
    const changes = [change("INSERT", "{}"), change("DELETE", "{}")];
    const frames = new ChangeFrames().framesFor(new ChangeRecipient(codec, TOPIC, true), [1], changes);
    const expected = changes.map(({ type }) =>
      toWireFrame(codec.encode(legacyChangeFrame(TOPIC, type, "{}"))),
    );
    expect(Buffer.compare(bytesOf(frames), Buffer.concat(expected))).toBe(0);
  });
});

test("members that joined alike share their frames; another topic, serializer or list of ids does not", () => {
  const built = new ChangeFrames();
  const changes = [change("INSERT", "{}")];
  const ids = [1];
  const frames = (topic: string, codec = jsonV2, under = ids) =>
    built.framesFor(new ChangeRecipient(codec, topic, false), under, changes);
  expect(frames("realtime:a")).toBe(frames("realtime:a"));
  expect(frames("realtime:a")).not.toBe(frames("realtime:b"));
  expect(frames("realtime:a")).not.toBe(frames("realtime:a", jsonV1));
  expect(bytesOf(frames("realtime:a", jsonV2, [2])).includes('"ids":[2]')).toBe(true);
});
