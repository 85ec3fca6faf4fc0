import { describe, expect, test } from "vitest";
import { TICK_MS, TimerWheel } from "./timer-wheel.ts";

function record(wheel: TimerWheel, dueMs: number, again?: (nowMs: number) => number | undefined) {
  const ranAtMs: number[] = [];
  const scheduled = wheel.schedule(dueMs, (nowMs) => {
    ranAtMs.push(nowMs);
    return again?.(nowMs);
  });
  return { ranAtMs, scheduled };
}

function run(wheel: TimerWheel, fromMs: number, toMs: number) {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += TICK_MS) wheel.advance(nowMs);
}

describe("timer wheel", () => {
  test("a task runs in the first tick at or after its time", () => {
    const wheel = new TimerWheel(0);
    const { ranAtMs } = record(wheel, 3_010);
    run(wheel, 0, 10_000);
    expect(ranAtMs).toEqual([3_250]);
  });

  test("what is overdue runs in the next tick", () => {
    const wheel = new TimerWheel(10_000);
    const { ranAtMs } = record(wheel, 5);
    run(wheel, 10_000, 11_000);
    expect(ranAtMs).toEqual([10_250]);
  });

  test("a deadline beyond the horizon of the wheel is kept", () => {
    const wheel = new TimerWheel(0);
    const { ranAtMs } = record(wheel, 300_000);
    run(wheel, 0, 400_000);
    expect(ranAtMs).toEqual([300_000]);
  });

  test("a task says when it wants to run again", () => {
    const wheel = new TimerWheel(0);
    const { ranAtMs } = record(wheel, 1_000, (nowMs) => (nowMs < 3_000 ? nowMs + 1_000 : undefined));
    run(wheel, 0, 10_000);
    expect(ranAtMs).toEqual([1_000, 2_000, 3_000]);
  });

  test("a cancelled task never runs, also when another task of the same tick cancels it", () => {
    const wheel = new TimerWheel(0);
    const late = { cancel: () => {} };
    record(wheel, 1_000, () => {
      late.cancel();
      return undefined;
    });
    const { ranAtMs, scheduled } = record(wheel, 1_000);
    late.cancel = () => scheduled.cancel();
    run(wheel, 0, 5_000);
    expect(ranAtMs).toEqual([]);
  });

  test("after a long pause every due task runs once", () => {
    const wheel = new TimerWheel(0);
    const tasks = [1_000, 50_000, 500_000].map((dueMs) => record(wheel, dueMs));
    wheel.advance(1_000_000);
    wheel.advance(1_000_000 + 300_000);
    expect(tasks.map(({ ranAtMs }) => ranAtMs.length)).toEqual([1, 1, 1]);
  });
});
