import { expect, test } from "vitest";
import { Tap } from "./tap.ts";

function tapAt() {
  const clock = { nowMs: 1_000 };
  return { clock, tap: new Tap({ node: "n1", boot: "b1", nowMs: () => clock.nowMs }) };
}

test("a project is wanted only while somebody listens to it", () => {
  const { tap } = tapAt();
  expect(tap.wants("a")).toBe(false);
  const listener = tap.open({ ref: "a" }, { maxPerSecond: 100 });
  expect([tap.wants("a"), tap.wants("b")]).toEqual([true, false]);
  listener.close();
  expect(tap.wants("a")).toBe(false);
});

test("a listener begins with the recent events, which never hold broadcasts", () => {
  const { tap } = tapAt();
  for (let i = 0; i < 250; i++) tap.emit({ ref: "a", kind: "join", topic: `t${i}` });
  tap.emit({ ref: "a", kind: "broadcast", topic: "t" });
  const batch = tap.open({ ref: "a" }, { maxPerSecond: 1_000 }).take();
  expect(batch?.events).toHaveLength(200);
  expect(batch?.events.at(-1)).toMatchObject({ kind: "join", topic: "t249", node: "n1", atMs: 1_000 });
});

test("ids are unique and sort in order", () => {
  const { tap } = tapAt();
  const listener = tap.open({ ref: "a" }, { maxPerSecond: 1_000 });
  for (let i = 0; i < 100; i++) tap.emit({ ref: "a", kind: "broadcast" });
  const ids = listener.take()?.events.map((event) => event.id) ?? [];
  expect(new Set(ids).size).toBe(100);
  expect([...ids].sort()).toEqual(ids);
});

test("what is not sent is counted: rate and queue", () => {
  const { clock, tap } = tapAt();
  const listener = tap.open({ ref: "a" }, { maxPerSecond: 10 });
  for (let i = 0; i < 25; i++) tap.emit({ ref: "a", kind: "broadcast" });
  expect(listener.take()).toMatchObject({ seen: 25, dropped: 15 });
  clock.nowMs += 1_000;
  tap.emit({ ref: "a", kind: "broadcast" });
  expect(listener.take()).toMatchObject({ seen: 1, dropped: 0 });

  const slow = tap.open({ ref: "b" }, { maxPerSecond: 1_000_000 });
  for (let i = 0; i < 1_500; i++) tap.emit({ ref: "b", kind: "broadcast" });
  const batch = slow.take();
  expect([batch?.events.length, batch?.seen, batch?.dropped]).toEqual([1_000, 1_500, 500]);
  expect(slow.take()).toBeNull();
});

test.each([
  [{ kinds: ["join"] as const }, ["join"]],
  [{ topic: "room-1" }, ["broadcast"]],
  [{ topic: "room*" }, ["broadcast", "refusal"]],
  [{ text: "UNAUTHORIZED" }, ["refusal"]],
  [{ text: "hello" }, ["broadcast"]],
])("a filter %o sees only what it asks for", (filter, kinds) => {
  const { tap } = tapAt();
  const listener = tap.open({ ref: "a", ...filter }, { maxPerSecond: 100 });
  tap.emit({ ref: "a", kind: "join", topic: "lobby" });
  tap.emit({ ref: "a", kind: "broadcast", topic: "room-1", payload: '{"text":"Hello"}' });
  tap.emit({ ref: "a", kind: "refusal", topic: "room-2", code: "Unauthorized" });
  tap.emit({ ref: "b", kind: "join", topic: "room-1", message: "unauthorized hello" });
  expect(listener.take()?.events.map((event) => event.kind)).toEqual(kinds);
});

test("a long payload is cut, and says so", () => {
  const { tap } = tapAt();
  const listener = tap.open({ ref: "a" }, { maxPerSecond: 100 });
  tap.emit({ ref: "a", kind: "broadcast", payload: "x".repeat(10_000) });
  const [event] = listener.take()?.events ?? [];
  expect([event?.payload?.length, event?.truncated]).toEqual([8_192, true]);
});

test("waiting ends with an event or with the end", async () => {
  const { tap } = tapAt();
  const listener = tap.open({ ref: "a" }, { maxPerSecond: 100 });
  const first = listener.wait();
  tap.emit({ ref: "a", kind: "join" });
  await first;
  expect(listener.take()?.seen).toBe(1);
  const second = listener.wait();
  tap.close();
  await second;
  expect(listener.closed).toBe(true);
});
