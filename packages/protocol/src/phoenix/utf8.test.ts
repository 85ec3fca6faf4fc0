import fc from "fast-check";
import { expect, test } from "vitest";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "binary", minLength: 60 }),
);

test("reading, writing and measuring agree with the platform's encoder", () => {
  fc.assert(
    fc.property(text, fc.nat(10), (written, offset) => {
      const expected = Buffer.from(written);
      const into = new Uint8Array(offset + expected.length);
      expect(writeUtf8(written, into, offset, expected.length)).toBe(expected.length);
      expect(Buffer.from(into.subarray(offset))).toEqual(expected);
      expect(readUtf8(into, offset, into.length)).toBe(written);
      expect(utf8Length(written)).toBe(expected.length);
    }),
  );
});

test("text that does not fit is refused, by one byte too", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (written) => {
      const room = Buffer.byteLength(written) - 1;
      expect(writeUtf8(written, new Uint8Array(room), 0, room)).toBe(-1);
    }),
  );
});

test("a lone surrogate counts as the replacement character", () => {
  for (const lone of ["\ud83d", "\ude00", "\ud83da", "a\ude00b", "\ude00\ud83d", "\ud83d€"]) {
    expect(utf8Length(lone)).toBe(Buffer.byteLength(lone));
  }
});

test("bytes that are not UTF-8 are refused, short or long", () => {
  expect(() => readUtf8(Uint8Array.of(0xc3, 0x28), 0, 2)).toThrow(TypeError);
  expect(() => readUtf8(new Uint8Array(100).fill(0xff), 0, 100)).toThrow(TypeError);
});
