import { describe, expect, test } from "vitest";
import { parseSnapshot, sees } from "./snapshot.ts";

describe("whether a streamed transaction can be seen yet", () => {
  const snapshot = parseSnapshot("10:20:10,14");
  test.each([
    [9, true],
    [10, false],
    [11, true],
    [14, false],
    [19, true],
    [20, false],
    [21, false],
  ])("%i in 10:20:10,14 is %s", (xid, visible) => {
    expect(sees(snapshot, xid)).toBe(visible);
  });

  test("ids of 32 bits are found in their epoch, on both sides of its border", () => {
    const justAfter = parseSnapshot("8589934600:8589934602:");
    expect(sees(justAfter, 5)).toBe(true);
    expect(sees(justAfter, 12)).toBe(false);
    expect(sees(justAfter, 4_294_967_290)).toBe(true);
    const justBefore = parseSnapshot("8589934590:8589934591:");
    expect(sees(justBefore, 4_294_967_293)).toBe(true);
    expect(sees(justBefore, 3)).toBe(false);
  });

  test("what is no snapshot is an error", () => {
    expect(() => parseSnapshot("10:20")).toThrow(RangeError);
  });
});
