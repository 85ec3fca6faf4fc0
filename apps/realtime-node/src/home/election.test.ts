import { expect, test } from "vitest";
import { lockKey, retryDelayMs } from "./election.ts";

test("retries begin at 100 ms and stay below 5 s, never in step", () => {
  expect(retryDelayMs(0, 0)).toBe(100);
  expect(retryDelayMs(0, 1)).toBe(50);
  expect(retryDelayMs(3, 0)).toBe(800);
  expect(retryDelayMs(99, 0)).toBe(5_000);
});

test("projects have locks of their own, within Postgres' bigint", () => {
  expect(lockKey("a")).not.toBe(lockKey("b"));
  expect(BigInt(lockKey("demo0000000000000000")) < 2n ** 63n).toBe(true);
});
