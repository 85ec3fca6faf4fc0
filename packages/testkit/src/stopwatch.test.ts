import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startStopwatch } from "./stopwatch.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("counts all the time of a process that runs", () => {
  using watch = startStopwatch();
  vi.advanceTimersByTime(1_000);
  expect(watch.ms).toBe(1_000);
});

test("does not count what the scheduler took, whether a tick has noticed it yet or not", () => {
  let stolenMs = 0;
  using watch = startStopwatch(() => performance.now() + stolenMs);
  vi.advanceTimersByTime(100);
  stolenMs += 3_000;
  expect(watch.ms).toBe(120);
  vi.advanceTimersByTime(20);
  expect(watch.ms).toBe(120);
  vi.advanceTimersByTime(100);
  expect(watch.ms).toBe(220);
});
