import { ProjectLimits } from "@tidewire/protocol/project";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ProjectRates } from "./rates.ts";

function ratesAt(limits: Partial<ProjectLimits>) {
  const clock = { nowMs: 0 };
  const current = ProjectLimits.parse(limits);
  return {
    clock,
    current,
    rates: new ProjectRates(
      () => current,
      () => clock.nowMs,
    ),
  };
}

test("[D14] one second's worth passes at once, the next is refused with the time to wait", () => {
  const { clock, rates } = ratesAt({ maxEventsPerSecond: 100 });
  for (let i = 0; i < 100; i++) expect(rates.take("events")).toEqual({ ok: true });
  expect(rates.take("events")).toEqual({ ok: false, retryAfterMs: 10 });
  clock.nowMs = 10;
  expect(rates.take("events")).toEqual({ ok: true });
});

test("[D14] waiting retryAfterMs is always enough, and a second never grants more than burst plus rate", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 }),
      (limit, gaps) => {
        const { clock, rates } = ratesAt({ maxJoinsPerSecond: limit });
        let granted = 0;
        for (const gapMs of gaps) {
          clock.nowMs += gapMs;
          const verdict = rates.take("joins");
          if (verdict.ok) granted++;
          else {
            clock.nowMs += verdict.retryAfterMs;
            expect(rates.take("joins")).toEqual({ ok: true });
            granted++;
          }
        }
        expect(granted).toBeLessThanOrEqual(limit + (clock.nowMs / 1_000) * limit + 1e-6);
      },
    ),
  );
});

test("one message to a full room is ordinary, a stream of them is not", () => {
  const { clock, rates } = ratesAt({ maxEventsPerSecond: 100 });
  for (let i = 0; i < 4; i++) {
    expect(rates.take("events")).toEqual({ ok: true });
    rates.charge("events", 200);
  }
  for (let i = 0; i < 10; i++) {
    clock.nowMs += 100;
    if (rates.take("events").ok) rates.charge("events", 200);
  }
  expect(rates.take("events").ok).toBe(false);
});

test("deliveries put a project in debt, but never for more than a minute", () => {
  const { rates } = ratesAt({ maxEventsPerSecond: 100 });
  rates.charge("events", 1_000_000);
  expect(rates.take("events")).toEqual({ ok: false, retryAfterMs: 60_010 });
});

test("more than a full bucket is granted from a full bucket and paid back", () => {
  const { clock, rates } = ratesAt({ maxEventsPerSecond: 10 });
  expect(rates.take("events", 25)).toEqual({ ok: true });
  expect(rates.take("events")).toEqual({ ok: false, retryAfterMs: 1_600 });
  clock.nowMs = 1_600;
  expect(rates.take("events")).toEqual({ ok: true });
});

test("a changed limit counts from the next call on", () => {
  const { clock, current, rates } = ratesAt({ maxPresenceEventsPerSecond: 1 });
  expect(rates.take("presence").ok).toBe(true);
  expect(rates.take("presence").ok).toBe(false);
  current.maxPresenceEventsPerSecond = 1_000;
  clock.nowMs = 5;
  expect(rates.take("presence").ok).toBe(true);
});

test("asking costs nothing", () => {
  const { rates } = ratesAt({ maxJoinsPerSecond: 1 });
  for (let i = 0; i < 5; i++) expect(rates.peek("joins")).toEqual({ ok: true });
  rates.take("joins");
  expect(rates.peek("joins").ok).toBe(false);
});
