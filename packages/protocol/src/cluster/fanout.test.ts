import fc from "fast-check";
import { expect, test } from "vitest";
import type { Broadcast } from "../supabase/broadcast.ts";
import {
  decodeRoomMessage,
  encodeRoomMessage,
  MalformedEnvelope,
  type RoomMessage,
  toRoomKey,
} from "./fanout.ts";
import { decodeHistoryAnswer, encodeHistoryAnswer } from "./history.ts";

const room = fc.record({ ref: fc.string(), topic: fc.string(), private: fc.boolean() });
const position = fc.record({ origin: fc.string(), seq: fc.integer({ min: 1 }) });
const meta = fc.option(fc.record({ id: fc.uuid() }), { nil: undefined });
const payload = fc.uint8Array({ maxLength: 200 });
const broadcast: fc.Arbitrary<Broadcast> = fc.oneof(
  fc.record({ form: fc.constant("verbatim" as const), payloadJson: fc.json(), meta }),
  fc.record({
    form: fc.constant("user" as const),
    event: fc.string(),
    encoding: fc.constantFrom("json" as const, "binary" as const),
    payload,
    meta,
  }),
  fc.record({ form: fc.constant("raw" as const), event: fc.string(), payload }),
);
const message: fc.Arbitrary<RoomMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("broadcast" as const),
    envelope: fc.record({
      room,
      position,
      acceptedAtMs: fc.nat(),
      broadcast,
      sender: fc.option(fc.string(), { nil: undefined }),
    }),
  }),
  fc.record({ kind: fc.constant("heads" as const), heads: fc.record({ room, heads: fc.array(position) }) }),
);

test("a decoded message is the one that was encoded", () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(decodeRoomMessage(encodeRoomMessage(sent))).toEqual(sent);
    }),
  );
});

test("an answer from history keeps its envelopes and heads", () => {
  const envelopes = fc
    .array(message)
    .map((messages) => messages.flatMap((sent) => (sent.kind === "broadcast" ? [sent.envelope] : [])));
  const heads = fc.array(position);
  fc.assert(
    fc.property(fc.record({ heads, envelopes }), (answer) => {
      expect(decodeHistoryAnswer(encodeHistoryAnswer(answer))).toEqual(answer);
    }),
  );
});

test("any cut or foreign bytes are a MalformedEnvelope, never another error", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.uint8Array({ maxLength: 30 }), (sent, cut, foreign) => {
      const bytes = encodeRoomMessage(sent);
      for (const broken of [bytes.subarray(0, cut % Math.min(bytes.length, 20)), foreign]) {
        expect(() => decodeRoomMessage(broken)).toThrow(MalformedEnvelope);
      }
    }),
  );
});

test("[3.1] a public and a private channel of one name are two rooms", () => {
  const keys = [true, false].map((isPrivate) => toRoomKey({ ref: "r", topic: "t", private: isPrivate }));
  expect(new Set(keys).size).toBe(2);
});
