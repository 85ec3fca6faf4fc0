import { expect, test } from "vitest";
import { appendPoints, joinPoints } from "./live-points.ts";

test("an unknown value is a hole", () => {
  const points = appendPoints(appendPoints({}, 1_000, { lag: 4 }), 2_000, { lag: null });
  expect(points.lag).toEqual([[1_000, 4]]);
});

test("the same answer twice is one point", () => {
  const once = appendPoints({}, 1_000, { lag: 4 });
  expect(appendPoints(once, 1_000, { lag: 4 }).lag).toHaveLength(1);
});

test("a series is bounded, its oldest points go first", () => {
  let points = {};
  for (let at = 1; at <= 1_500; at++) points = appendPoints(points, at, { lag: at });
  expect((points as { lag: unknown[] }).lag).toHaveLength(1_200);
  expect((points as { lag: unknown[] }).lag.at(-1)).toEqual([1_500, 1_500]);
});

test("live points continue the history and do not repeat it", () => {
  expect(
    joinPoints(
      [
        [1, 1],
        [2, 2],
      ],
      [
        [2, 9],
        [3, 3],
      ],
      2,
    ),
  ).toEqual([
    [2, 2],
    [3, 3],
  ]);
});
