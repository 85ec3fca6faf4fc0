import { expect, test } from "vitest";
import { niceMax, timeTicks, toChartRows, valueTicks } from "./chart-points.ts";

const series = (id: string, points: [number, number][]) => ({ id, label: id, colour: "red", points });

test("[C1] a step without a sample is null, not zero", () => {
  const rows = toChartRows(
    [
      series("a", [
        [0, 1],
        [10, 2],
      ]),
      series("b", [[12, 5]]),
    ],
    10,
  );
  expect(rows).toEqual([
    { atMs: 0, values: { a: 1, b: null } },
    { atMs: 10, values: { a: 2, b: 5 } },
  ]);
});

test("[C2] the line is lifted over a hole of more than three steps", () => {
  const rows = toChartRows(
    [
      series("a", [
        [0, 1],
        [100, 2],
      ]),
    ],
    10,
  );
  expect(rows.map((row) => [row.atMs, row.values.a])).toEqual([
    [0, 1],
    [10, null],
    [100, 2],
  ]);
});

test("ticks lie on whole steps inside the range and do not crowd", () => {
  const hour = 3_600_000;
  const ticks = timeTicks(0, hour, 6);
  expect(ticks.length).toBeLessThanOrEqual(7);
  expect(ticks.every((tick) => tick % 600_000 === 0)).toBe(true);
});

test.each([
  [0, 1],
  [0.3, 0.5],
  [7, 10],
  [21, 25],
  [260, 500],
  [1_000, 1_000],
])("an axis for %s ends at %s", (value, top) => {
  expect(niceMax(value)).toBeCloseTo(top, 10);
});

test("the steps of an axis are round", () => {
  expect(valueTicks(50)).toEqual([0, 10, 20, 30, 40, 50]);
  expect(valueTicks(4_096, "bytes")).toEqual([0, 1_024, 2_048, 3_072, 4_096]);
});

test("an axis of bytes ends at a power of two", () => {
  expect([niceMax(3_000, "bytes"), niceMax(1024 ** 3, "bytes")]).toEqual([4_096, 1024 ** 3]);
});
