import type { Gap } from "@tidewire/db/node-store";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { GapLedger } from "./gap-ledger.ts";

const gap = (atMs: number): Gap => ({
  ref: "r",
  node: "n1",
  atMs,
  fromLsn: "0/1",
  toLsn: "0/2",
  cause: "slot-missing",
  tables: [],
  channels: 1,
});

function setUp() {
  let tick: () => void = () => undefined;
  const every = (_periodMs: number, run: () => void) => {
    tick = run;
    return { stop: () => undefined };
  };
  const written: Gap[] = [];
  let isAway = false;
  const ledger = new GapLedger({
    clock: { ...systemClock, every },
    log: createLog({ level: "silent", fields: {} }),
    store: {
      async writeGaps(gaps) {
        if (isAway) throw new Error("away");
        written.push(...gaps);
      },
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const leave = (away: boolean) => {
    isAway = away;
  };
  return { tick: () => tick(), written, ledger, settle, leave };
}

test("a loss is written at once", async () => {
  const { ledger, written, settle } = setUp();
  ledger.record(gap(1));
  await settle();
  expect(written).toEqual([gap(1)]);
  await ledger.close();
});

test("what could not be written waits, the latest of it, and is written once", async () => {
  const { ledger, written, settle, leave, tick } = setUp();
  leave(true);
  for (let atMs = 1; atMs <= 250; atMs++) ledger.record(gap(atMs));
  await settle();
  expect(written).toEqual([]);
  leave(false);
  tick();
  await settle();
  expect(written.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 200 }, (_, index) => index + 51));
  await ledger.close();
  expect(written).toHaveLength(200);
});
