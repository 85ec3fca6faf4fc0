import { expect, test } from "vitest";
import { RequestRates } from "./request-rates.ts";

test("[B28] requests are counted per project and second, and the headers say how many are left", () => {
  const clock = { nowMs: 0 };
  const rates = new RequestRates(() => clock.nowMs);
  expect(rates.take("a", 3)).toEqual({ ok: true, rolling: 1, limit: 3, remaining: 2 });
  expect(rates.take("b", 3)).toMatchObject({ rolling: 1 });
  rates.take("a", 3);
  expect(rates.take("a", 3)).toMatchObject({ ok: true, remaining: 0 });
  expect(rates.take("a", 3)).toEqual({ ok: false, rolling: 3, limit: 3, remaining: 0, retryAfterMs: 334 });
  clock.nowMs = 334;
  expect(rates.take("a", 3)).toMatchObject({ ok: true });
  expect(rates.take("a", 100)).toMatchObject({ limit: 100 });
});
