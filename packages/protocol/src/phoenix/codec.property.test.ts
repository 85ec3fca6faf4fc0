import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Broadcast, BroadcastMeta } from "../supabase/broadcast.ts";
import type { Codec } from "./codec.ts";
import { MalformedFrame } from "./codec.ts";
import type { Ref, ServerFrame } from "./frame.ts";
import { jsonV1 } from "./json-v1.ts";
import { jsonV2 } from "./json-v2.ts";

const CODECS: [string, Codec][] = [
  ["1.0.0", jsonV1],
  ["2.0.0", jsonV2],
];

/** Text that UTF-8 can say: lone surrogates cannot come over a WebSocket. */
const name = fc.string({ unit: "binary", maxLength: 60 });
const ref: fc.Arbitrary<Ref> = fc.oneof(name, fc.integer(), fc.constant(null));
const object = fc.dictionary(name, fc.jsonValue());
const json = fc.json();
const spaced = fc
  .tuple(json, fc.constantFrom(0, 1, "\t"))
  .map(([text, indent]) => JSON.stringify(JSON.parse(text), null, indent));
const bytes = fc.uint8Array({ maxLength: 300 });
const meta: fc.Arbitrary<BroadcastMeta> = fc.record(
  {
    id: fc.uuid(),
    origin: fc.string({ maxLength: 40 }),
    seq: fc.nat(),
    replayed: fc.constant(true as const),
  },
  { requiredKeys: [] },
);
const topic = name.map((text) => `realtime:${text}`);

/** A parser takes the last of repeated members, and `__proto__` as an ordinary one. */
function parse(text: unknown): unknown {
  return JSON.parse(String(text));
}

describe.each(CODECS)("serializer %s", (vsn, codec) => {
  test("[C13] decode(encode(frame)) is the frame", () => {
    const frame: fc.Arbitrary<ServerFrame> = fc.record({
      joinRef: ref,
      ref,
      topic,
      event: name,
      payload: object,
    });
    fc.assert(
      fc.property(frame, (sent) => {
        const text = codec.encode(sent);
        const received = codec.decodeText(text);
        expect(received).toMatchObject({ kind: "push", ref: sent.ref, topic: sent.topic, event: sent.event });
        expect(received.joinRef).toBe(vsn === "2.0.0" ? sent.joinRef : null);
        expect(JSON.stringify(received.payload)).toBe(JSON.stringify(parse(JSON.stringify(sent.payload))));
      }),
    );
  });

  test("[B2] a payload passes through decoding and encoding without one character changed", () => {
    fc.assert(
      fc.property(topic, ref, spaced, fc.constantFrom("", " ", "\n\t"), (to, at, payloadJson, gap) => {
        const text =
          vsn === "1.0.0"
            ? `{${gap}"ref":${JSON.stringify(at)},"payload"${gap}:${gap}${payloadJson}${gap},"event":"broadcast","topic":${JSON.stringify(to)}}`
            : `[${gap}"1",${JSON.stringify(at)}${gap},${JSON.stringify(to)},"broadcast"${gap},${gap}${payloadJson}${gap}]${gap}`;
        const push = codec.decodeText(text);
        expect(push).toMatchObject({ payloadJson, topic: to, ref: at });
        const { payloadJson: source } = push as { payloadJson: string };
        const relayed = codec.encode({
          joinRef: null,
          ref: null,
          topic: to,
          event: "broadcast",
          payloadJson: source,
        });
        expect(relayed).toContain(payloadJson);
        expect(JSON.stringify(codec.decodeText(relayed).payload)).toBe(JSON.stringify(parse(payloadJson)));
      }),
    );
  });

  test("[B18] meta is added to an object without touching the rest", () => {
    fc.assert(
      fc.property(object, meta, (payload, extra) => {
        const payloadJson = JSON.stringify(payload);
        const data = codec.encodeBroadcast("realtime:a", { form: "verbatim", payloadJson, meta: extra });
        const { meta: got, ...rest } = codec.decodeText(String(data)).payload as Record<string, unknown>;
        const { meta: own, ...sent } = parse(payloadJson) as Record<string, unknown>;
        const isEmpty = Object.keys(extra).length === 0;
        expect(got).toEqual(isEmpty ? own : extra);
        expect(JSON.stringify(rest)).toBe(JSON.stringify(sent));
      }),
    );
  });

  test("[C14] no text makes decoding fail in another way than as malformed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), json), (text) => {
        try {
          codec.decodeText(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrame);
        }
      }),
    );
  });
});

/** The members of a kind 4 frame as a client reads them: an independent reading of the layout. */
function readKind4(data: unknown): {
  topic: string;
  event: string;
  meta: unknown;
  encoding: number;
  payload: Buffer;
} {
  const frame = Buffer.from(data as Uint8Array);
  expect(frame[0]).toBe(4);
  const [topicSize = 0, eventSize = 0, metaSize = 0, encoding = 0] = frame.subarray(1, 5);
  const event = 5 + topicSize;
  const metadata = event + eventSize;
  const payload = metadata + metaSize;
  const metaText = frame.toString("utf8", metadata, payload);
  return {
    topic: frame.toString("utf8", 5, event),
    event: frame.toString("utf8", event, metadata),
    meta: metaText === "" ? {} : JSON.parse(metaText),
    encoding,
    payload: frame.subarray(payload),
  };
}

function kind3(fields: string[], encoding: number, payload: Uint8Array): Uint8Array {
  const parts = fields.map((text) => Buffer.from(text));
  const sizes = parts.map((part) => part.length);
  return new Uint8Array(Buffer.concat([Buffer.from([3, ...sizes, encoding]), ...parts, payload]));
}

const shortName = fc.string({ unit: "binary", maxLength: 60 });

describe("binary frames", () => {
  test("[C15] a kind 3 push is read as it was put together", () => {
    fc.assert(
      fc.property(
        shortName,
        shortName,
        shortName,
        shortName,
        fc.boolean(),
        bytes,
        (joinRef, at, to, event, isJson, payload) => {
          const frame = kind3([joinRef, at, to, event, ""], isJson ? 1 : 0, payload);
          expect(jsonV2.decodeBinary(frame)).toEqual({
            kind: "user-broadcast",
            joinRef,
            ref: at,
            topic: to,
            event,
            encoding: isJson ? "json" : "binary",
            payload,
          });
        },
      ),
    );
  });

  test("[C17] a kind 4 frame says what the broadcast says", () => {
    fc.assert(
      fc.property(shortName, shortName, fc.boolean(), bytes, meta, (to, event, isJson, payload, extra) => {
        const encoding = isJson ? "json" : "binary";
        const broadcast: Broadcast = { form: "user", event, encoding, payload, meta: extra };
        const read = readKind4(jsonV2.encodeBroadcast(to, broadcast));
        expect(read).toEqual({
          topic: to,
          event,
          meta: extra,
          encoding: isJson ? 1 : 0,
          payload: Buffer.from(payload),
        });
      }),
    );
  });

  test("[C14] no bytes make decoding fail in another way than as malformed", () => {
    const anyKind = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          anyKind.map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
        ),
        (frame) => {
          try {
            const message = jsonV2.decodeBinary(frame);
            expect((message.payload as Uint8Array).length).toBeLessThan(frame.length);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedFrame);
          }
        },
      ),
    );
  });
});
