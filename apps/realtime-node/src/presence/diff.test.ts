import { expect, test } from "vitest";
import { DiffBatch } from "./diff.ts";

const member = (ref: string, { key = "k", channel = "c" } = {}) => ({
  channel,
  connection: "x",
  key,
  meta: { phx_ref: ref },
  sinceMs: 0,
  node: "n",
  region: "r",
  boot: "b",
});

test("[P11] an update has the new meta in joins and the old one in leaves under the same key", () => {
  const batch = new DiffBatch();
  batch.add({ left: [member("old")], joined: [member("new")] });
  expect([...batch.toDiffs()]).toEqual([
    { joins: { k: { metas: [{ phx_ref: "new" }] } }, leaves: { k: { metas: [{ phx_ref: "old" }] } } },
  ]);
});

test("[P10] a second change of the same channel belongs into the next diff", () => {
  const batch = new DiffBatch();
  batch.add({ left: [], joined: [member("short")] });
  expect(batch.touches({ left: [member("short")], joined: [] })).toBe(true);
  expect(batch.touches({ left: [], joined: [member("other", { channel: "d" })] })).toBe(false);
});

test("[P15] members that share a key are metas of one entry", () => {
  const batch = new DiffBatch();
  batch.add({ left: [], joined: [member("1", { channel: "c" }), member("2", { channel: "d" })] });
  const [diff] = batch.toDiffs();
  expect(diff?.joins).toEqual({ k: { metas: [{ phx_ref: "1" }, { phx_ref: "2" }] } });
});

test("ten thousand changes are told in frames of at most a thousand, updates never torn apart", () => {
  const batch = new DiffBatch();
  const channels = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  batch.add({
    left: channels.map((channel) => member(`old-${channel}`, { channel, key: channel })),
    joined: channels.map((channel) => member(`new-${channel}`, { channel, key: channel })),
  });
  const diffs = [...batch.toDiffs()];
  expect(diffs).toHaveLength(10);
  for (const { joins, leaves } of diffs) {
    expect(Object.keys(joins)).toHaveLength(1_000);
    expect(Object.keys(joins).sort()).toEqual(Object.keys(leaves).sort());
  }
});

test("a key named __proto__ is a key like any other", () => {
  const batch = new DiffBatch();
  batch.add({ left: [], joined: [member("r", { key: "__proto__" })] });
  expect(JSON.stringify([...batch.toDiffs()])).toContain('"__proto__":{"metas"');
});
