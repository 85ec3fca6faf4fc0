import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { append, clear, EMPTY_TAIL, ROWS_MAX, rateOf, release } from "./tail.ts";

const event = (id: string, atMs: number): TapEvent => ({
  id,
  atMs,
  node: "a",
  ref: "demo",
  kind: "broadcast",
});
const parcel = (atMs: number, ...events: TapEvent[]) => ({ atMs, events, seen: events.length, dropped: 0 });
const ids = (events: readonly TapEvent[]) => events.map(({ id }) => id);

test("[I3] the newest row is on top, also when two nodes' parcels overlap", () => {
  const first = append(EMPTY_TAIL, parcel(10, event("a", 1), event("b", 5)), false);
  const second = append(first, parcel(11, event("c", 3), event("d", 6)), false);
  expect(ids(second.rows)).toEqual(["d", "b", "c", "a"]);
});

test("[I4] an event told twice is one row", () => {
  const once = append(EMPTY_TAIL, parcel(10, event("a", 1)), false);
  expect(append(once, parcel(11, event("a", 1), event("b", 2)), false).rows).toHaveLength(2);
});

test("[I5] what arrives while paused is counted and shown on release", () => {
  const shown = append(EMPTY_TAIL, parcel(10, event("a", 1)), false);
  const held = append(append(shown, parcel(11, event("b", 2)), true), parcel(12, event("c", 3)), true);
  expect([ids(held.rows), held.held.length]).toEqual([["a"], 2]);
  expect(ids(release(held).rows)).toEqual(["c", "b", "a"]);
});

test("[I6] rows and held events are bounded, and the loss is counted", () => {
  const many = Array.from({ length: ROWS_MAX + 5 }, (_, index) => event(`e${index}`, index));
  expect(append(EMPTY_TAIL, parcel(1, ...many), false).rows).toHaveLength(ROWS_MAX);
  expect(append(EMPTY_TAIL, parcel(1, ...many), true)).toMatchObject({ heldLost: 5 });
});

test("[I7] the rate says what was seen and what of it was sent", () => {
  let tail = EMPTY_TAIL;
  for (let at = 0; at < 3_000; at += 250)
    tail = append(tail, { atMs: at, events: [], seen: 335, dropped: 285 }, false);
  expect(rateOf(tail, 2_750)).toEqual({ seenPerSecond: 1_340, shownPerSecond: 200 });
  expect(rateOf(tail, 10_000).seenPerSecond).toBe(0);
});

test("[I8] what nodes tell of the past when a tail opens makes no rate", () => {
  const tail = append(
    EMPTY_TAIL,
    { atMs: 10, events: [event("a", 1)], seen: 180, dropped: 100 },
    false,
    false,
  );
  expect(rateOf(tail, 10).seenPerSecond).toBe(0);
  expect(tail.rows).toHaveLength(1);
});

test("clearing keeps the counter going", () => {
  const tail = append(EMPTY_TAIL, parcel(10, event("a", 1)), false);
  expect(clear(tail)).toMatchObject({ rows: [], counts: [{ seen: 1 }] });
});
