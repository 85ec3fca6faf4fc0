import { jsonV2 } from "@tidewire/protocol/phoenix/json-v2";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { Hub } from "./hub.ts";
import { Interests } from "./interests.ts";

const room = { ref: "demo", topic: "room", private: false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function member(channelId: string) {
  return {
    channelId,
    codec: jsonV2,
    fullTopic: "realtime:room",
    wantsPosition: false,
    listensSinceMs: 0,
    mayReadBroadcast: () => true,
    mayReadPresence: () => true,
    suppresses: () => false,
    outbox: { offer: () => true },
  };
}

function watch() {
  const hub = new Hub();
  const events: string[] = [];
  const interests = new Interests({
    hub,
    clock: systemClock,
    graceMs: 1_000,
    onOpen: ({ topic }) => events.push(`open ${topic}`),
    onClose: ({ topic }) => events.push(`close ${topic}`),
  });
  return { hub, interests, events };
}

test("a room is open from its first member until a while after its last", () => {
  const { hub, events } = watch();
  hub.join(room, member("1"));
  hub.join(room, member("2"));
  hub.leave(room, "1");
  vi.advanceTimersByTime(10_000);
  hub.leave(room, "2");
  vi.advanceTimersByTime(999);
  expect(events).toEqual(["open room"]);
  vi.advanceTimersByTime(1);
  expect(events).toEqual(["open room", "close room"]);
});

test("a member that comes back within the grace period keeps the room open", () => {
  const { hub, events } = watch();
  for (let i = 0; i < 5; i++) {
    hub.join(room, member("1"));
    hub.leave(room, "1");
    vi.advanceTimersByTime(900);
  }
  hub.join(room, member("1"));
  vi.advanceTimersByTime(10_000);
  expect(events).toEqual(["open room"]);
});

test("a room held for a member that never comes closes again, one whose member came does not", () => {
  const { hub, interests, events } = watch();
  interests.hold(room);
  vi.advanceTimersByTime(1_000);
  expect(events).toEqual(["open room", "close room"]);
  interests.hold(room);
  hub.join(room, member("1"));
  interests.hold(room);
  vi.advanceTimersByTime(10_000);
  expect(events).toEqual(["open room", "close room", "open room"]);
});

test("leaving a room that one is not in changes nothing", () => {
  const { hub, events } = watch();
  hub.leave(room, "1");
  expect(events).toEqual([]);
  expect(hub.size(room)).toBe(0);
});
