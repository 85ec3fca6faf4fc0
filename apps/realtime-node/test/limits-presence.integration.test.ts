import { randomUUID } from "node:crypto";
import type { ProjectLimits } from "@tidewire/protocol/project";
import { eventually } from "@tidewire/testkit/eventually";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { setLimits as setLimitsOf } from "./harness/set-limits.ts";
import { type Cluster, startCluster } from "./harness.ts";

const PLENTY: Partial<ProjectLimits> = {
  maxPresenceEventsPerSecond: 10_000,
  maxClientPresenceEventsPerWindow: 1_000,
  clientPresenceWindowMs: 30_000,
};
const WITH_PRESENCE = { presence: { enabled: true } };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const setLimits = (limits: Partial<ProjectLimits>) => setLimitsOf(cluster, limits);
const newTopic = () => `realtime:presence-${randomUUID()}`;

/** One who tracks and, on another node, one who only looks on. */
async function createPair() {
  const [tracker, watcher] = [await cluster.connect(0), await cluster.connect(1)];
  const [topic, otherTopic] = [newTopic(), newTopic()];
  for (const client of [tracker, watcher]) await client.join(topic, WITH_PRESENCE);
  await tracker.join(otherTopic, WITH_PRESENCE);
  return { tracker, watcher, topic, otherTopic };
}
type Pair = Awaited<ReturnType<typeof createPair>>;

async function expectShut({ tracker, watcher, topic, otherTopic }: Pair, message: string): Promise<void> {
  await tracker.expectFrame({ topic, event: "system", payload: { status: "error", message } });
  await tracker.expectFrame({ topic, event: "phx_close" });
  // The socket, its other channels and everybody else go on.
  expect((await tracker.untrack(otherTopic)).status).toBe("ok");
  expect(watcher.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
  expect(watcher.open).toBe(true);
}

beforeEach(() => setLimits(PLENTY));

test("[5.3, 8] maxClientPresenceEventsPerWindow, lowered, ends the channel of whoever exceeds it, and no other", async () => {
  const pair = await createPair();
  await setLimits({ maxClientPresenceEventsPerWindow: 3 });
  for (let n = 0; n < 3; n++) expect((await pair.tracker.track(pair.topic, { n })).status).toBe("ok");
  pair.tracker.send(pair.topic, "presence", { type: "presence", event: "track", payload: { n: 3 } });
  await expectShut(pair, "Client presence rate limit exceeded");
});

test("[5.3, 8] raised, it lets the same channel go on; a shorter clientPresenceWindowMs begins a new window", async () => {
  const { tracker, topic } = await createPair();
  await setLimits({ maxClientPresenceEventsPerWindow: 2 });
  for (let n = 0; n < 2; n++) await tracker.track(topic, { n });
  await setLimits({ maxClientPresenceEventsPerWindow: 4 });
  for (let n = 2; n < 4; n++) expect((await tracker.track(topic, { n })).status).toBe("ok");
  await setLimits({ clientPresenceWindowMs: 1 });
  expect((await tracker.track(topic, { n: 4 })).status).toBe("ok");
});

test("[5.3, 8] maxPresenceEventsPerSecond, lowered, ends the channel of whoever tracks over it; those who look on stay", async () => {
  const pair = await createPair();
  await setLimits({ maxPresenceEventsPerSecond: 2 });
  for (let n = 0; n < 12; n++) {
    pair.tracker.send(pair.topic, "presence", { type: "presence", event: "track", payload: { n } });
  }
  await expectShut(pair, "Too many presence messages per second");
  await setLimits(PLENTY);
  await eventually(async () => {
    await pair.tracker.join(pair.topic, WITH_PRESENCE);
    expect((await pair.tracker.track(pair.topic, { back: true })).status).toBe("ok");
  });
});
