import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLsn, parseLsn, toLsn } from "./lsn.ts";

test("parseLsn(formatLsn(x)) = x over all 64 bits", () => {
  const anyLsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toLsn);
  fc.assert(fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
});

test("positions compare as numbers, not as text", () => {
  expect(parseLsn("9/0") < parseLsn("10/0")).toBe(true);
  expect(parseLsn("0/FFFFFFFF") + 1n).toBe(parseLsn("1/0"));
});

test.each(["", "0", "0/", "0/123456789", "g/0", "0/0 "])("%j is not a position", (text) => {
  expect(() => parseLsn(text)).toThrow(RangeError);
});
