import { expect, test } from "vitest";
import { lsnDistance } from "./lsn-distance.ts";

test("positions are 64 bits in two halves", () => {
  expect(lsnDistance("0/10", "0/30")).toBe(32);
  expect(lsnDistance("16/FFFFFFFF", "17/0")).toBe(1);
  expect(lsnDistance("0/30", "0/10")).toBe(-32);
});
