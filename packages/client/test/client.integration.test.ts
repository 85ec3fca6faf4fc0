import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { seededRandom } from "@tidewire/testkit/seeded-random";
import { signUserToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../../apps/realtime-node/test/harness.ts";
import type { TidewireChannel } from "../src/index.ts";
import { createLiveClient, subscribed } from "./live-client.ts";
import { startMovingServer } from "./moving-server.ts";

const SERIALIZERS = ["1.0.0", "2.0.0"] as const;
const BACK = { withinMs: 30_000 };

let cluster: Cluster;
let key: string;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, limits: { maxEventsPerSecond: 100_000 } });
  key = cluster.project.keys.publishable.value;
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

function listen(channel: TidewireChannel): number[] {
  const heard: number[] = [];
  channel.on("broadcast", { event: "n" }, ({ payload }) => heard.push(payload.n));
  return heard;
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each(SERIALIZERS)("a client over %s", (vsn) => {
  test("[P3] [B33] hears a stream whole, once and in order, though its line breaks twenty times and it moves between nodes", async () => {
    const random = seededRandom();
    await using server = await startMovingServer(cluster.projectUrl(0));
    await using reader = createLiveClient(server.url, key, { vsn });
    await using writer = createLiveClient(server.url, key, { vsn });
    const topic = `stream-${randomUUID()}`;
    const [incoming, outgoing] = [reader.live.channel(topic), writer.live.channel(topic)];
    const heard = listen(incoming);
    const echoes = listen(outgoing);
    await Promise.all([subscribed(incoming), subscribed(outgoing)]);

    const sent: Promise<unknown>[] = [];
    let n = 0;
    for (let breaks = 0; breaks < 20; breaks++) {
      const until = n + 10 + random.below(30);
      while (n < until) {
        sent.push(outgoing.publish("n", { n: n++ }));
        if (random.chance(0.2)) await new Promise((resolve) => setTimeout(resolve, random.below(10)));
      }
      server.pointTo(cluster.projectUrl(random.below(2)));
      server.breakConnections();
      const isBack = () => [incoming, outgoing].every(({ state }) => state === "joined");
      if (random.chance(0.7)) await eventually(isBack, BACK);
    }
    await Promise.all(sent);
    await eventually(() => expect(heard).toHaveLength(n), BACK);
    expect(heard, `seed ${random.seed}`).toEqual(upTo(n));
    expect(echoes).toEqual([]);
    expect(incoming.diagnose().gaps).toEqual([]);
  }, 120_000);

  test("[B34] a client that hears itself hears itself once", async () => {
    await using server = await startMovingServer(cluster.projectUrl(0));
    await using client = createLiveClient(server.url, key, { vsn });
    const channel = client.live.channel(`self-${randomUUID()}`, { config: { broadcast: { self: true } } });
    const heard = listen(channel);
    await subscribed(channel);
    await channel.publish("n", { n: 0 });
    server.breakConnections();
    await channel.publish("n", { n: 1 });
    await channel.publish("n", { n: 2 });
    await eventually(() => expect(heard).toEqual([0, 1, 2]), BACK);
  });
});

test("[B20] what the history no longer holds is announced, and the rest follows", async () => {
  await using small = await startCluster({
    settings: { historyMessagesMax: 100 },
    limits: { maxEventsPerSecond: 100_000 },
  });
  const apikey = small.project.keys.publishable.value;
  await using server = await startMovingServer(small.projectUrl(0));
  await using reader = createLiveClient(server.url, apikey);
  await using writer = createLiveClient(small.projectUrl(0), apikey);
  const topic = `ring-${randomUUID()}`;
  const [incoming, outgoing] = [reader.live.channel(topic), writer.live.channel(topic)];
  const heard = listen(incoming);
  const gaps: string[] = [];
  incoming.onGap(({ kind }) => gaps.push(kind));
  await Promise.all([subscribed(incoming), subscribed(outgoing)]);
  await outgoing.publish("n", { n: 0 });
  await eventually(() => heard.length === 1);
  server.relay.cut();
  await eventually(() => incoming.state !== "joined");
  await Promise.all(upTo(150).map((n) => outgoing.publish("n", { n: n + 1 })));
  server.relay.mend();
  await eventually(() => expect(gaps).toEqual(["while-away"]), BACK);
  await eventually(() => heard.length === 101);
  expect(heard).toEqual([0, ...upTo(100).map((n) => n + 51)]);
  expect(incoming.diagnose()).toMatchObject({ recoveries: [{ complete: false, replayed: 100 }] });
}, 120_000);

test("[P26] [P3] a drained node: its clients go on elsewhere, miss nothing, and nobody sees them go", async () => {
  await using own = await startCluster({ nodes: 2, env: { TIDEWIRE_DRAIN_MS: "1000" } });
  const apikey = own.project.keys.publishable.value;
  await using server = await startMovingServer(own.projectUrl(0));
  const topic = `drain-${randomUUID()}`;
  await using mover = createLiveClient(server.url, apikey);
  await using stayer = createLiveClient(own.projectUrl(1), apikey);
  const moving = mover.live.channel(topic, { config: { presence: { key: "mover" } } });
  const staying = stayer.live.channel(topic, { config: { presence: { key: "stayer" } } });
  const heard = listen(moving);
  const seen: string[] = [];
  staying.on("presence", { event: "join" }, ({ key: who }) => seen.push(`join ${who}`));
  staying.on("presence", { event: "leave" }, ({ key: who }) => seen.push(`leave ${who}`));
  await Promise.all([subscribed(moving), subscribed(staying)]);
  await moving.track({ mood: "calm" });
  await eventually(() => expect(seen).toEqual(["join mover"]));

  let n = 0;
  const publish = async () => staying.publish("n", { n: n++ });
  for (let i = 0; i < 20; i++) await publish();
  server.pointTo(own.projectUrl(1));
  const drained = own.nodes[0]?.drain();
  const isMoved = () => mover.live.diagnose().then(() => moving.diagnose().recoveries.length === 1);
  while (!(await isMoved())) await publish();
  await drained;
  await own.nodes[0]?.close();
  for (let i = 0; i < 20; i++) await publish();
  await eventually(() => expect(heard).toEqual(upTo(n)), BACK);
  expect(Object.keys(staying.presenceState())).toEqual(["mover"]);
  expect(seen).toEqual(["join mover"]);
}, 120_000);

test("[A14] a channel whose token expires comes back with the next one, and has missed nothing", async () => {
  await using server = await startMovingServer(cluster.projectUrl(0));
  const tokenFor = (seconds: number) => signUserToken(cluster.project.jwtSecret, { exp: seconds });
  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  let tokens = 0;
  await using client = createLiveClient(server.url, key, {
    accessToken: async () => tokenFor(nowSeconds() + (tokens++ < 3 ? 2 : 3_600)),
  });
  await client.realtime.setAuth();
  await using writer = createLiveClient(cluster.projectUrl(1), key);
  const topic = `token-${randomUUID()}`;
  const [incoming, outgoing] = [client.live.channel(topic), writer.live.channel(topic)];
  const heard = listen(incoming);
  await Promise.all([subscribed(incoming), subscribed(outgoing)]);
  let n = 0;
  const wasEnded = () => incoming.diagnose().systems.some(({ message }) => /expired/.test(message));
  while (!wasEnded()) {
    await outgoing.publish("n", { n: n++ });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await outgoing.publish("n", { n: n++ });
  await eventually(() => expect(incoming.diagnose().recoveries.length).toBeGreaterThan(0), BACK);
  await outgoing.publish("n", { n: n++ });
  await eventually(() => expect(heard).toEqual(upTo(n)), BACK);
});

test("a diagnosis names the state, the positions and the connection, and no secret", async () => {
  await using client = createLiveClient(cluster.projectUrl(0), key, { heartbeatIntervalMs: 100 });
  const channel = client.live.channel(`diagnosis-${randomUUID()}`);
  await subscribed(channel);
  const { origin = "", seq } = await channel.publish("n", { n: 1 });
  await eventually(() => expect(client.live.diagnose()).resolves.toHaveProperty("heartbeats.medianMs"));
  const diagnosis = await client.live.diagnose();
  expect(diagnosis).toMatchObject({ connection: "open", heartbeats: { timeouts: 0 } });
  expect(diagnosis.channels).toMatchObject([
    { state: "joined", continuous: true, positions: { [origin]: seq } },
  ]);
  expect(JSON.stringify(diagnosis)).not.toContain(key);
});
