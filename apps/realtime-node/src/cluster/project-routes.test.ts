import { subjects } from "@tidewire/protocol/cluster/subjects";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../bus/memory-bus.ts";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { createIdentity } from "./identity.ts";
import { ProjectRoutes } from "./project-routes.ts";

const REF = "demo0000000000000000";
const log = createLog({ level: "silent", fields: {} });

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A node whose way to every database takes `rttMs`, as the test likes. */
function createNode(broker: MemoryBroker, region: string, rttMs: number) {
  const identity = createIdentity({ nodeId: `${region}-1`, region }, Date.now());
  const bus = new MemoryBus(broker);
  const node = { rttMs, home: false, inUse: false, told: [] as string[], known: new Set<string>() };
  const routes = new ProjectRoutes({
    identity,
    bus,
    clock: systemClock,
    log,
    projects: {
      inUse: () => (node.inUse ? [REF] : []),
      homes: () => (node.home ? [REF] : []),
      databaseUrl(ref) {
        node.known.add(ref);
        return "postgresql://database.example:5432/demo";
      },
    },
    measure: async () => node.rttMs,
    onMisroute: ({ betterRegion }, change) => node.told.push(`${change}: ${betterRegion}`),
  });
  return Object.assign(node, { routes, bus });
}

test("[P5] a home far from its database learns of a nearer region, even one where nobody is connected", async () => {
  const broker = new MemoryBroker();
  const [us, eu] = [createNode(broker, "us", 80), createNode(broker, "eu", 2)];
  us.home = true;
  us.inUse = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect([...eu.routes.candidacies()]).toEqual([REF]);
  expect([...us.routes.candidacies()]).toEqual([]);
  expect(us.told).toEqual([]);
  await vi.advanceTimersByTimeAsync(70_000);
  expect(us.told).toEqual(["began: eu"]);
  expect(us.routes.isMisrouted(REF)).toBe(true);
  expect(us.routes.misroutes()).toMatchObject([
    { kind: "project", region: "us", rttMs: 80, betterRegion: "eu", betterRttMs: 2 },
  ]);

  us.home = false;
  eu.home = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(us.told).toEqual(["began: eu", "ended: eu"]);
  expect(eu.told).toEqual([]);
  expect([...eu.routes.candidacies(), ...us.routes.candidacies()]).toEqual([]);
  for (const { routes } of [us, eu]) routes.close();
});

test("[P5] a home near its database asks nobody to measure", async () => {
  const broker = new MemoryBroker();
  const [us, eu] = [createNode(broker, "us", 29), createNode(broker, "eu", 0)];
  us.home = true;
  us.inUse = true;
  await vi.advanceTimersByTimeAsync(200_000);
  expect(eu.known.size).toBe(0);
  expect(us.told).toEqual([]);
  for (const { routes } of [us, eu]) routes.close();
});

test("the word of a node that is gone is forgotten, and a report of nonsense is left out", async () => {
  const broker = new MemoryBroker();
  const [us, eu] = [createNode(broker, "us", 80), createNode(broker, "eu", 2)];
  us.home = true;
  us.inUse = true;
  await vi.advanceTimersByTimeAsync(30_000);
  eu.routes.close();
  us.bus.publish(subjects.routes(), new TextEncoder().encode('{"node":1}'));
  await vi.advanceTimersByTimeAsync(200_000);
  expect(us.told).toEqual([]);
  us.routes.close();
});
