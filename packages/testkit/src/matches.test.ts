import { expect, test } from "vitest";
import { matches } from "./matches.ts";

test.each<[string, unknown, unknown, boolean]>([
  ["the parts that are named", { a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }, true],
  ["a part that differs", { a: 1 }, { a: 2 }, false],
  ["a part that is missing", {}, { a: { b: 1 } }, false],
  ["an absent part that is expected to be absent", {}, { a: undefined }, true],
  ["null against an object", null, {}, false],
  ["lists of one length, part by part", [{ a: 1, b: 2 }], [{ a: 1 }], true],
  ["a longer list", [1, 2], [1], false],
  ["bytes", Buffer.from([1, 2]), new Uint8Array([1, 2]), true],
  ["other bytes", Buffer.from([1, 2]), new Uint8Array([1, 3]), false],
  ["text against a pattern", "hello", /^hel/, true],
  ["a number against a pattern", 5, /5/, false],
  ["a question", 5, (n: number) => n > 4, true],
])("%s", (_what, actual, expected, answer) => {
  expect(matches(actual, expected)).toBe(answer);
});
