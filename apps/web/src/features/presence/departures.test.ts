import type { PresenceEviction } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { countByCause, describeCause, silenceP99 } from "./departures.ts";

const departure = (cause: PresenceEviction["cause"], silentMs?: number): PresenceEviction => ({
  atMs: 0,
  topic: "room:1",
  key: "k",
  node: "a",
  cause,
  silentMs,
});

test("silence is told with its length", () => {
  expect(describeCause(departure("silent", 9_100))).toBe("silent for 9.1 s");
  expect(describeCause(departure("node-down"))).toBe("its node went down");
});

test("the most frequent cause comes first", () => {
  const counts = countByCause([departure("left"), departure("silent", 9_000), departure("left")]);
  expect(counts.map(({ cause, count }) => [cause, count])).toEqual([
    ["left", 2],
    ["silent", 1],
  ]);
});

test("p99 of silence looks only at those who were silent", () => {
  expect(silenceP99([departure("left")])).toBeNull();
  expect(silenceP99([departure("silent", 9_000), departure("silent", 9_400), departure("left")])).toBe(9_400);
});
