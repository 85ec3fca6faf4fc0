import type { KeyUse } from "@tidewire/db/node-store";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { KeyUses } from "./key-uses.ts";

const START = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["setInterval", "clearInterval", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function createUses() {
  const store = {
    away: false,
    written: [] as KeyUse[][],
    async writeKeyUses(uses: readonly KeyUse[]) {
      if (store.away) throw new Error("away");
      if (uses.length > 0) store.written.push([...uses]);
    },
  };
  const keys = new KeyUses({ store, clock: systemClock, log: createLog({ level: "silent", fields: {} }) });
  return { keys, store };
}

test("a busy key is written once a minute, together with the others of the same five seconds", async () => {
  const { keys, store } = createUses();
  keys.note("quiet");
  for (let second = 0; second < 70; second++) {
    keys.note("busy");
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(store.written).toEqual([
    [
      { hash: "quiet", atMs: START },
      { hash: "busy", atMs: START },
    ],
    [{ hash: "busy", atMs: START + 65_000 }],
  ]);
});

test("[P9] what the control database did not take is told again, and at the end", async () => {
  const { keys, store } = createUses();
  store.away = true;
  keys.note("a");
  await vi.advanceTimersByTimeAsync(20_000);
  store.away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  keys.note("b");
  await keys.close();
  expect(store.written).toEqual([[{ hash: "a", atMs: START }], [{ hash: "b", atMs: START + 25_000 }]]);
});
