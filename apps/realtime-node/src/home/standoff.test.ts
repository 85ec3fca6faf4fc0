import { expect, test } from "vitest";
import { standoffMs } from "./standoff.ts";

test("the nearer a node is to the database, the sooner it stands for election", () => {
  const [beside, near, far, farthest] = [0.3, 20, 80, 900].map((rttMs) => standoffMs(rttMs, 3));
  expect([beside, near, far, farthest]).toEqual([1, 40, 160, 500]);
});

test("a node alone does not wait, one that cannot reach the database waits longest", () => {
  expect(standoffMs(80, 0)).toBe(0);
  expect(standoffMs(null, 0)).toBe(0);
  expect(standoffMs(null, 1)).toBe(500);
});
