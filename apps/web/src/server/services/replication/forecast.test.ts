import { expect, test } from "vitest";
import { forecastSlotLoss } from "./forecast.ts";

test("growth is carried on to the limit", () => {
  const readings = [
    { atMs: 0, bytes: 1_000 },
    { atMs: 5_000, bytes: 9_000 },
    { atMs: 20_000, bytes: 3_000 },
  ];
  expect(forecastSlotLoss(readings, 4_000)).toBe(30_000);
});

test("a slot that shrinks, stands still or was hardly watched gives no forecast", () => {
  expect(forecastSlotLoss([], 10)).toBeNull();
  expect(
    forecastSlotLoss(
      [
        { atMs: 0, bytes: 5 },
        { atMs: 20_000, bytes: 5 },
      ],
      10,
    ),
  ).toBeNull();
  expect(
    forecastSlotLoss(
      [
        { atMs: 0, bytes: 5 },
        { atMs: 9_000, bytes: 9 },
      ],
      10,
    ),
  ).toBeNull();
  expect(
    forecastSlotLoss(
      [
        { atMs: 0, bytes: 0 },
        { atMs: 20_000, bytes: 1 },
      ],
      10 ** 9,
    ),
  ).toBeNull();
});
