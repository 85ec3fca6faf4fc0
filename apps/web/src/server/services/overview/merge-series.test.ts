import type { SamplePoint } from "@tidewire/db/samples";
import { expect, test } from "vitest";
import { mergeSeries } from "./merge-series.ts";

const point = (atMs: number, sum: number, count = 1): SamplePoint => ({
  atMs,
  sum,
  count,
  average: sum / count,
  maximum: sum,
});

test("counters become rates and add up over nodes", () => {
  const series = [
    { name: "messagesIn" as const, node: "a", points: [point(0, 100), point(10_000, 50)] },
    { name: "messagesIn" as const, node: "b", points: [point(0, 20)] },
  ];
  expect(mergeSeries({ bucketMs: 10_000, series })).toEqual({
    messagesIn: [
      [0, 12],
      [10_000, 5],
    ],
  });
});

test("connections add up, lag is that of the worst node", () => {
  const series = [
    { name: "connections" as const, node: "a", points: [point(0, 6, 2)] },
    { name: "connections" as const, node: "b", points: [point(0, 4)] },
    { name: "lagMs" as const, node: "a", points: [point(0, 9)] },
    { name: "lagMs" as const, node: "b", points: [point(0, 70)] },
  ];
  expect(mergeSeries({ bucketMs: 10_000, series })).toEqual({ connections: [[0, 7]], lagMs: [[0, 70]] });
});

test("a bucket that nobody reported is a gap, and points are in order of time", () => {
  const series = [
    { name: "connections" as const, node: "a", points: [point(30_000, 1)] },
    { name: "connections" as const, node: "b", points: [point(0, 2)] },
  ];
  expect(mergeSeries({ bucketMs: 10_000, series }).connections).toEqual([
    [0, 2],
    [30_000, 1],
  ]);
});
