import { expect, test } from "vitest";
import { sparklinePath, usualGapMs } from "./sparkline-path.ts";

const box = { width: 100, height: 20, gapMs: 30 };

test("zero lies at the bottom, the highest value at the top", () => {
  expect(
    sparklinePath(
      [
        [0, 0],
        [10, 5],
        [20, 10],
      ],
      box,
    ),
  ).toBe("M0 20L50 10L100 0");
});

test("a missing sample is a hole", () => {
  expect(
    sparklinePath(
      [
        [0, 1],
        [10, 1],
        [90, 1],
        [100, 1],
      ],
      box,
    ),
  ).toBe("M0 0L10 0M90 0L100 0");
});

test("nothing is drawn from one point, and a flat zero lies on the ground", () => {
  expect(sparklinePath([[0, 4]], box)).toBe("");
  expect(
    sparklinePath(
      [
        [0, 0],
        [10, 0],
      ],
      box,
    ),
  ).toBe("M0 20L100 20");
});

test("the usual gap is three usual steps", () => {
  expect(
    usualGapMs([
      [0, 1],
      [10, 1],
      [20, 1],
      [90, 1],
    ]),
  ).toBe(30);
});

test("a history in long steps is not full of holes because live points follow in short ones", () => {
  const points = [0, 15, 30, 45, 46, 47, 48, 49, 50].map((at): [number, number] => [at, 1]);
  expect(sparklinePath(points, { ...box, gapMs: usualGapMs(points, 15) }).match(/M/g)).toHaveLength(1);
});
