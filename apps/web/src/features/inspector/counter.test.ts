import { expect, test } from "vitest";
import { describeTail } from "./counter.ts";

const rate = (seenPerSecond: number, shownPerSecond = seenPerSecond) => ({ seenPerSecond, shownPerSecond });

test.each([
  [{ rate: rate(0), paused: false, held: 0, heldLost: 0 }, "quiet"],
  [{ rate: rate(12), paused: false, held: 0, heldLost: 0 }, "showing all of 12/s"],
  [{ rate: rate(1340, 200), paused: false, held: 0, heldLost: 0 }, "showing 200 of 1,340/s (sampled)"],
  [{ rate: rate(12), paused: true, held: 31, heldLost: 0 }, "paused · 31 held"],
  [{ rate: rate(12), paused: true, held: 2000, heldLost: 7 }, "paused · 2,000 held, 7 older ones let go"],
  [{ rate: rate(12), paused: false, held: 4, heldLost: 0 }, "4 held · showing all of 12/s"],
])("%o reads %s", (input, sentence) => expect(describeTail(input)).toBe(sentence));
