import { expect, test } from "vitest";
import { RttWindow } from "./rtt-window.ts";

test("[P5] a window knows the median and the worst of its last minute, and what was lost", () => {
  const window = new RttWindow();
  expect(window.summary(0)).toBeUndefined();
  for (let n = 1; n <= 99; n++) window.add(n, n);
  window.add(100, 900);
  window.add(101, null);
  expect(window.summary(101)).toEqual({ p50Ms: 51, p99Ms: 900, samples: 100, lost: 1 });
  window.add(60_050, 7);
  expect(window.summary(60_200)).toEqual({ p50Ms: 7, p99Ms: 7, samples: 1, lost: 0 });
});

test("a way on which nothing answers has no round trip", () => {
  const window = new RttWindow();
  window.add(0, null);
  expect(window.summary(0)).toBeUndefined();
});
