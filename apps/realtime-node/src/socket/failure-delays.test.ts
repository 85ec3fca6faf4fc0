import { describe, expect, test } from "vitest";
import { FailureDelays } from "./failure-delays.ts";

const half = () => 0.5;

describe("failure delays", () => {
  test("[D1] a refusal waits for its jitter only", () => {
    const delays = new FailureDelays(() => 0.999);
    for (let i = 0; i < 10; i++) expect(delays.failed("a", 0)).toBeLessThan(250);
  });

  test("[D1] a client that keeps failing waits longer and longer, never more than 5 s", () => {
    const delays = new FailureDelays(half);
    const waits = Array.from({ length: 40 }, () => delays.failed("a", 1_000));
    expect(waits[10]).toBe(625);
    expect(waits[11]).toBe(1_125);
    expect(Math.max(...waits)).toBe(5_000);
    expect(waits.at(-1)).toBe(5_000);
  });

  test("[D1] other clients are not slowed by it", () => {
    const delays = new FailureDelays(half);
    for (let i = 0; i < 100; i++) delays.failed("a", 0);
    expect(delays.failed("b", 0)).toBe(125);
  });

  test("a client that retries with any back-off is never slowed", () => {
    const delays = new FailureDelays(half);
    for (let i = 0; i < 100; i++) expect(delays.failed("a", i * 2_000)).toBe(125);
  });

  test("the table is bounded; those who failed longest ago are forgotten first", () => {
    const delays = new FailureDelays(half);
    for (let i = 0; i < 30; i++) delays.failed("early", 0);
    for (let i = 0; i < 20_000; i++) delays.failed(`client ${i}`, 0);
    expect(delays.size).toBe(10_000);
    expect(delays.failed("early", 0)).toBe(125);
  });
});
