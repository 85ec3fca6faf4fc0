import { describe, expect, test } from "vitest";
import { PING_FRAME, toWireFrame } from "./wire-frame.ts";

describe("wire frame", () => {
  test("a string becomes one final, unmasked text frame with its length in bytes", () => {
    expect(toWireFrame("hé")).toEqual(Buffer.from([0x81, 3, 0x68, 0xc3, 0xa9]));
  });

  test("bytes become a binary frame", () => {
    expect(toWireFrame(new Uint8Array([4, 0]))).toEqual(Buffer.from([0x82, 2, 4, 0]));
  });

  test.each([
    [125, [0x82, 125]],
    [126, [0x82, 126, 0, 126]],
    [65_535, [0x82, 126, 0xff, 0xff]],
    [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("a payload of %i bytes has the header RFC 6455 asks for", (length, header) => {
    const frame = toWireFrame(new Uint8Array(length));
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.length).toBe(header.length + length);
  });

  test("a ping is two bytes", () => {
    expect([...PING_FRAME]).toEqual([0x89, 0]);
  });
});
