import { describe, expect, test } from "vitest";
import { parseLsn } from "../wal/lsn.ts";
import { CatchUp } from "./catch-up.ts";

const at = (lsn: string, ordinal = 0) => ({ lsn: parseLsn(lsn), ordinal });

describe("a channel that catches up", () => {
  test("is given what its node has seen before, once, however often it comes", () => {
    const catchUp = new CatchUp(at("0/30", 1));
    const [first, second] = [{}, {}];
    expect(catchUp.admits(at("0/10"), first)).toBe(true);
    expect(catchUp.admits(at("0/20"), first)).toBe(true);
    expect(catchUp.admits(at("0/10"), second)).toBe(false);
    expect(catchUp.admits(at("0/20"), second)).toBe(false);
    expect(catchUp.admits(at("0/20", 1), second)).toBe(true);
  });

  test("is given all envelopes of one change", () => {
    const catchUp = new CatchUp(at("0/30"));
    const message = {};
    expect([catchUp.admits(at("0/10"), message), catchUp.admits(at("0/10"), message)]).toEqual([true, true]);
    expect(catchUp.admits(at("0/10"), {})).toBe(false);
  });

  test("is left alone with what came later: that was new to the node as well", () => {
    expect(new CatchUp(at("0/30", 1)).admits(at("0/30", 2), {})).toBe(false);
  });
});
