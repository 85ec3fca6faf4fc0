import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../bus/memory-bus.ts";
import { systemClock } from "../clock.ts";
import { Tap } from "./tap.ts";
import { TraceInterest } from "./trace-interest.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function createNode(broker: MemoryBroker) {
  const bus = new MemoryBus(broker);
  const tap = new Tap({ node: "n", boot: "b", nowMs: () => Date.now() });
  return { bus, tap, interest: new TraceInterest({ bus, clock: systemClock, tap }) };
}

test("[P5] a wish to trace is known on every node at once, and forgotten five seconds after it ends", async () => {
  const broker = new MemoryBroker();
  const [a, b] = [createNode(broker), createNode(broker)];
  const wants = () => [a, b].map(({ interest }) => interest.wants("demo"));
  const listener = a.tap.open({ ref: "demo", trace: true }, { maxPerSecond: 10 });
  await a.bus.flush();
  expect(wants()).toEqual([true, true]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wants()).toEqual([true, true]);
  expect(b.interest.wants("other")).toBe(false);
  listener.close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(wants()).toEqual([false, false]);
  for (const { interest } of [a, b]) interest.close();
});

test("an ordinary tap traces nothing", async () => {
  const node = createNode(new MemoryBroker());
  node.tap.open({ ref: "demo" }, { maxPerSecond: 10 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(node.interest.wants("demo")).toBe(false);
  node.interest.close();
});
