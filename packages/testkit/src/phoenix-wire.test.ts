import { describe, expect, test } from "vitest";
import { decodeServerBinary, decodeServerText, encodeText, encodeUserBroadcast } from "./phoenix-wire.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(/[\s|]/g, ""), "hex");

describe("the client's side of the wire", () => {
  test("[1.9] a kind 3 frame is the one of the protocol", () => {
    const frame = encodeUserBroadcast({
      joinRef: "1",
      ref: "7",
      topic: "realtime:room-1",
      event: "cursor",
      payload: { x: 1 },
    });
    expect(frame).toEqual(
      hex("03 01 01 0f 06 00 01 | 31 | 37 | 7265616c74696d653a726f6f6d2d31 | 637572736f72 | 7b2278223a317d"),
    );
  });

  test("[1.9] a kind 4 frame is read as a broadcast, with its metadata and bytes", () => {
    const meta = Buffer.from('{"id":"a"}').toString("hex");
    const frame = decodeServerBinary(
      hex(`04 0f 06 0a 00 7265616c74696d653a726f6f6d2d31 637572736f72 ${meta} 0102`),
      5,
    );
    expect(frame).toMatchObject({
      kind: 4,
      joinRef: null,
      ref: null,
      topic: "realtime:room-1",
      event: "broadcast",
      payload: { type: "broadcast", event: "cursor", payload: Buffer.from([1, 2]), meta: { id: "a" } },
      atMs: 5,
    });
  });

  test("[1.7, 1.8] text frames of both serializers", () => {
    const message = { joinRef: "1", ref: "2", topic: "t", event: "e", payload: { a: 1 } };
    expect(encodeText("2.0.0", message)).toBe('["1","2","t","e",{"a":1}]');
    expect(JSON.parse(encodeText("1.0.0", message))).toEqual({
      topic: "t",
      event: "e",
      payload: { a: 1 },
      ref: "2",
      join_ref: "1",
    });
    expect(decodeServerText("1.0.0", '{"topic":"t","event":"e","payload":{},"ref":null}', 0)).toMatchObject({
      joinRef: null,
      ref: null,
    });
    expect(decodeServerText("2.0.0", '["1",null,"t","e",{}]', 0)).toMatchObject({
      joinRef: "1",
      ref: null,
      topic: "t",
    });
  });

  test("a kind no client knows is an error", () => {
    expect(() => decodeServerBinary(hex("09 00"), 0)).toThrow(/kind 9/);
  });
});
