import { expect, test } from "vitest";
import { judgeRoute, type RouteWatch } from "./misroute.ts";

const EU = (rttMs: number) => ({ region: "eu", rttMs });
const US = (rttMs: number) => ({ region: "us", rttMs });

/** Steps of `[nowMs, rtt here, rtt of the other region]`; the changes in order. */
function changesOf(...steps: [number, number, number][]): string[] {
  let watch: RouteWatch | undefined;
  return steps.flatMap(([nowMs, here, there]) => {
    const step = judgeRoute(watch, EU(here), [EU(0), US(there)], nowMs);
    watch = step.watch;
    return step.change === null ? [] : [`${nowMs}: ${step.change}`];
  });
}

test("[P5] another region is better by 30 ms for 60 s: that is a misroute, told once", () => {
  expect(
    changesOf([0, 50, 20], [30_000, 50, 20], [59_999, 50, 20], [60_000, 50, 20], [70_000, 50, 20]),
  ).toEqual(["60000: began"]);
});

test("[P5] 29 ms are no reason, nor are 30 ms with a break", () => {
  expect(changesOf([0, 49, 20], [60_000, 49, 20], [120_000, 49, 20])).toEqual([]);
  expect(changesOf([0, 50, 20], [40_000, 25, 20], [60_000, 50, 20], [119_000, 50, 20])).toEqual([]);
});

test("[P5] a misroute ends with the first measurement that says otherwise", () => {
  expect(changesOf([0, 90, 20], [60_000, 90, 20], [65_000, 30, 20])).toEqual([
    "60000: began",
    "65000: ended",
  ]);
});

test("two measurements far apart prove nothing about the time between them", () => {
  expect(changesOf([0, 90, 20], [200_000, 90, 20])).toEqual([]);
});

test("without another region there is nothing to compare", () => {
  expect(judgeRoute(undefined, EU(500), [EU(1)], 0).watch.better).toBeNull();
  expect(judgeRoute(undefined, EU(500), [], 0).change).toBeNull();
});
