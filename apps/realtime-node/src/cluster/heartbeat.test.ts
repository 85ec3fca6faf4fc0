import type { NodeRow } from "@tidewire/db/node-store";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../bus/memory-bus.ts";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { Heartbeat } from "./heartbeat.ts";
import { createIdentity } from "./identity.ts";
import { Membership } from "./membership.ts";

const log = createLog({ level: "silent", fields: {} });

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function createNode(broker: MemoryBroker, nodeId: string) {
  const identity = createIdentity({ nodeId, region: "eu" }, Date.now());
  const bus = new MemoryBus(broker);
  const rows: NodeRow[] = [];
  const store = {
    isOurs: true,
    away: false,
    async beat(row: NodeRow) {
      if (store.away) throw new Error("away");
      rows.push(row);
      return store.isOurs;
    },
    removed: false,
    async remove() {
      store.removed = true;
    },
  };
  const onSuperseded = vi.fn();
  const membership = new Membership({ identity, bus, clock: systemClock, log });
  const heartbeat = new Heartbeat({
    identity,
    urls: { url: "http://x", adminUrl: "http://y" },
    bus,
    store,
    peers: membership,
    clock: systemClock,
    log,
    vitals: () => ({ connections: 3, users: { demo: 2 }, metrics: {} }),
    onSuperseded,
  });
  return { identity, bus, rows, store, membership, heartbeat, onSuperseded };
}

test("[P4] a node is heard at once, suspected after 2 s of silence and down after 4 s", async () => {
  const broker = new MemoryBroker();
  const [a, b] = [createNode(broker, "a"), createNode(broker, "b")];
  const events: string[] = [];
  a.membership.onPeer(({ peer, from, to }) => events.push(`${peer.node}: ${from} -> ${to}`));

  b.heartbeat.start();
  await b.bus.flush();
  expect(a.membership.peers()).toMatchObject([{ node: "b", health: "healthy" }]);
  expect(a.membership.usersElsewhere("demo")).toBe(2);
  expect(b.membership.peers()).toEqual([]);

  await vi.advanceTimersByTimeAsync(10_000);
  expect(events).toEqual(["b: null -> healthy"]);

  await b.bus.close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(events).toEqual(["b: null -> healthy", "b: healthy -> suspect", "b: suspect -> down"]);
  expect([a.membership.isAlive(b.identity.boot), a.membership.usersElsewhere("demo")]).toEqual([false, 0]);
});

test("a node that is new is told at once who is there", async () => {
  const broker = new MemoryBroker();
  const a = createNode(broker, "a");
  a.heartbeat.start();
  await vi.advanceTimersByTimeAsync(1_500);
  const b = createNode(broker, "b");
  b.heartbeat.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(b.membership.peers()).toMatchObject([{ node: "a", health: "healthy" }]);
});

test("a draining node says so at once, and goodbye at the end", async () => {
  const broker = new MemoryBroker();
  const [a, b] = [createNode(broker, "a"), createNode(broker, "b")];
  b.heartbeat.start();
  await b.heartbeat.announce("draining");
  await b.bus.flush();
  expect(a.membership.peers()).toMatchObject([{ health: "draining" }]);
  expect(b.rows.at(-1)).toMatchObject({ id: "b", state: "draining", connections: 3, url: "http://x" });
  await b.heartbeat.stop();
  expect(a.membership.isAlive(b.identity.boot)).toBe(false);
  expect(b.store.removed).toBe(true);
});

test("the control database hears every five seconds; being away it stops nothing", async () => {
  const { heartbeat, rows, store } = createNode(new MemoryBroker(), "a");
  heartbeat.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(rows).toHaveLength(5);
  store.away = true;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(rows).toHaveLength(5);
  store.away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(rows).toHaveLength(6);
});

test("a node whose row belongs to a later life is told to leave", async () => {
  const { heartbeat, store, onSuperseded } = createNode(new MemoryBroker(), "a");
  store.isOurs = false;
  heartbeat.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(onSuperseded).toHaveBeenCalledOnce();
});
