import { describe, expect, test } from "vitest";
import { Pulse } from "./pulse.ts";

function createClock() {
  let nowMs = 0;
  let tick = () => {};
  let alarm = () => {};
  return {
    monotonicMs: () => nowMs,
    every(_periodMs: number, run: () => void) {
      tick = run;
      return { stop: () => (tick = () => {}) };
    },
    after(_delayMs: number, run: () => void) {
      alarm = run;
      return { stop: () => (alarm = () => {}) };
    },
    ring: () => alarm(),
    tickAt(atMs: number) {
      nowMs = atMs;
      tick();
    },
  };
}

describe("pulse", () => {
  test("a late tick means that the node itself stood still", () => {
    const clock = createClock();
    const pulse = new Pulse(clock);
    clock.tickAt(250);
    clock.tickAt(1_400);
    expect(pulse.resumedAtMs).toBe(0);
    clock.tickAt(2_700);
    expect(pulse.resumedAtMs).toBe(2_700);
  });

  test("a stall is known before anything that is due runs", () => {
    const clock = createClock();
    const pulse = new Pulse(clock);
    const seen: number[] = [];
    pulse.schedule(1_000, () => {
      seen.push(pulse.resumedAtMs);
      return undefined;
    });
    clock.tickAt(60_000);
    expect(seen).toEqual([60_000]);
  });

  test("a delay ends with its time or with its signal, whichever is first", async () => {
    const clock = createClock();
    const pulse = new Pulse(clock);
    const onTime = pulse.delay(100, new AbortController().signal);
    clock.ring();
    await onTime;
    const life = new AbortController();
    const cutShort = pulse.delay(100, life.signal);
    life.abort();
    await cutShort;
    await pulse.delay(100, life.signal);
  });

  test("a stopped pulse does not beat", () => {
    const clock = createClock();
    const pulse = new Pulse(clock);
    let ran = false;
    pulse.schedule(0, () => {
      ran = true;
      return undefined;
    });
    pulse.stop();
    clock.tickAt(10_000);
    expect(ran).toBe(false);
  });
});
