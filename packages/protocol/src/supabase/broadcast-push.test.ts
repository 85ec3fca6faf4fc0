import { describe, expect, test } from "vitest";
import type { ClientPush, ClientUserBroadcast } from "../phoenix/frame.ts";
import { broadcastBytes, parseBroadcastPush } from "./broadcast-push.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const text = (payloadJson: string): ClientPush => ({
  kind: "push",
  joinRef: "1",
  ref: "2",
  topic: "realtime:a",
  event: "broadcast",
  payload: JSON.parse(payloadJson),
  payloadJson,
});
const user = (payload: Uint8Array, fields: Partial<ClientUserBroadcast> = {}): ClientUserBroadcast => ({
  kind: "user-broadcast",
  joinRef: "1",
  ref: "2",
  topic: "realtime:a",
  event: "e",
  encoding: "json",
  payload,
  ...fields,
});

test("[B2] a text push is taken as it was written", () => {
  const payloadJson = '{ "n": 9007199254740993 }';
  expect(parseBroadcastPush(text(payloadJson), { vsn: "2.0.0", named: false })).toEqual({
    form: "verbatim",
    payloadJson,
  });
});

test.each(["[1]", "null", '"x"', "1"])(
  "[B13] %s crashes a channel on 2.0.0 and is relayed on 1.0.0",
  (payloadJson) => {
    expect(() => parseBroadcastPush(text(payloadJson), { vsn: "2.0.0", named: false })).toThrow(
      expect.objectContaining({ code: "ChannelCrashed" }),
    );
    expect(parseBroadcastPush(text(payloadJson), { vsn: "1.0.0", named: false })).toEqual({
      form: "verbatim",
      payloadJson,
    });
  },
);

describe("kind 3", () => {
  test.each(["{}", "[1]", '"x"', "null"])("[B8] any JSON is accepted: %s", (json) => {
    expect(parseBroadcastPush(user(encode(json)), { vsn: "2.0.0", named: false })).toEqual({
      form: "user",
      event: "e",
      encoding: "json",
      payload: encode(json),
    });
  });

  test.each([
    encode(""),
    encode("{"),
    encode("{}{}"),
    encode("\ufeff{}"),
    Uint8Array.of(0x22, 0xc3, 0x28, 0x22),
  ])("[B12] broken JSON is refused: %j", (payload) => {
    const refusal = expect.objectContaining({ code: "InvalidBroadcastPayload" });
    expect(() => parseBroadcastPush(user(payload), { vsn: "2.0.0", named: false })).toThrow(refusal);
    expect(
      parseBroadcastPush(user(payload, { encoding: "binary" }), { vsn: "2.0.0", named: false }),
    ).toMatchObject({
      encoding: "binary",
    });
  });

  test("[B14] long names are refused", () => {
    const refusal = expect.objectContaining({ code: "HeaderFieldTooLong" });
    const event = "e".repeat(256);
    expect(() => parseBroadcastPush(user(encode("{}"), { event }), { vsn: "2.0.0", named: false })).toThrow(
      refusal,
    );
    expect(() =>
      parseBroadcastPush({ ...text("{}"), event, payload: encode("") }, { vsn: "2.0.0", named: false }),
    ).toThrow(refusal);
  });

  test("does not keep the received frame's memory", () => {
    const frame = Buffer.from('junk{"x":1}');
    const broadcast = parseBroadcastPush(user(frame.subarray(4)), { vsn: "2.0.0", named: false });
    frame.fill(0);
    expect(broadcast).toMatchObject({ payload: encode('{"x":1}') });
  });
});

test("[C18] kind 0 is relayed raw", () => {
  const push: ClientPush = { ...text("{}"), payload: Uint8Array.of(1), payloadJson: undefined };
  expect(parseBroadcastPush(push, { vsn: "2.0.0", named: false })).toEqual({
    form: "raw",
    event: "broadcast",
    payload: Uint8Array.of(1),
  });
});

test("[L7] size is counted in bytes", () => {
  expect(broadcastBytes({ form: "verbatim", payloadJson: '"é"' })).toBe(4);
  expect(broadcastBytes({ form: "raw", event: "e", payload: new Uint8Array(7) })).toBe(7);
});
