import type { TapBatch, TapEvent } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { TailCursor } from "./cursor.ts";
import { ParcelBuffer } from "./parcel.ts";

const event = (id: string, atMs = 0): TapEvent => ({ id, atMs, node: "n", ref: "r", kind: "join" });
const batch = (...ids: string[]): TapBatch => ({
  events: ids.map((id) => event(id)),
  seen: ids.length,
  dropped: 0,
});

test("after a reconnect nothing comes twice, and the count agrees", () => {
  const before = new TailCursor();
  before.advance(batch("boot-a-00000001", "boot-a-00000002"));
  before.advance(batch("boot-b-00000007"));
  const after = TailCursor.parse(before.toString());
  const next = after.advance(batch("boot-a-00000001", "boot-a-00000002", "boot-a-00000003"));
  expect(next.events.map(({ id }) => id)).toEqual(["boot-a-00000003"]);
  expect(next.seen).toBe(1);
  expect(after.advance(batch("boot-b-00000007")).events).toEqual([]);
});

test("a new life of a node starts from its own beginning", () => {
  const cursor = new TailCursor();
  cursor.advance(batch("old-00000099"));
  expect(cursor.advance(batch("new-00000001")).events).toHaveLength(1);
});

test.each([null, undefined, "", "nonsense", ",,"])("%o is the beginning", (text) => {
  expect(TailCursor.parse(text).advance(batch("a-00000001")).events).toHaveLength(1);
});

test("a parcel is in order of time and counts what it leaves out", () => {
  const buffer = new ParcelBuffer(2, () => 0);
  buffer.add({ events: [event("a-1", 30), event("a-2", 10)], seen: 5, dropped: 3 });
  buffer.add({ events: [event("b-1", 20)], seen: 1, dropped: 0 });
  const { events, seen, dropped } = buffer.take();
  expect(events.map(({ id }) => id)).toEqual(["a-2", "a-1"]);
  expect([seen, dropped]).toEqual([6, 4]);
  expect(buffer.isEmpty).toBe(true);
});
