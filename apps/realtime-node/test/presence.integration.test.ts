import { PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

type Vsn = "1.0.0" | "2.0.0";
interface Diff {
  joins: Record<string, { metas: Record<string, unknown>[] }>;
  leaves: Record<string, { metas: Record<string, unknown>[] }>;
}

let topics = 0;
const newTopic = () => `realtime:presence-${++topics}`;

describe.each<Vsn>(["1.0.0", "2.0.0"])("presence on two nodes over %s", (vsn) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2, limits: { maxClientPresenceEventsPerWindow: 100 } });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  async function member(node: number, topic: string, key?: string) {
    const client = await cluster.connect(node, { vsn });
    await client.join(topic, { presence: { enabled: true, ...(key && { key }) } });
    const { payload } = await client.expectFrame({ topic, event: "presence_state" });
    return { client, state: payload as Diff["joins"] };
  }

  const diff = async (client: PhoenixClient, topic: string) =>
    (await client.expectFrame({ topic, event: "presence_diff" })).payload as Diff;

  test("[P10] [P17] a track is seen on both nodes, by the tracker too; a newcomer elsewhere gets it as state", async () => {
    const topic = newTopic();
    const [ann, bob] = [await member(0, topic, "ann"), await member(1, topic, "bob")];
    expect([ann.state, bob.state]).toEqual([{}, {}]);
    expect(await ann.client.track(topic, { name: "Ann" })).toEqual({ status: "ok", response: {} });
    const [near, far] = [await diff(ann.client, topic), await diff(bob.client, topic)];
    expect(near).toEqual({
      joins: { ann: { metas: [{ phx_ref: expect.stringMatching(/^[\w-]{16}$/), name: "Ann" }] } },
      leaves: {},
    });
    expect(far).toEqual(near);
    const late = await member(1, topic);
    expect(late.state).toEqual(near.joins);
  });

  test("[P11] [P12] an update is one diff with both metas; the same payload again is none", async () => {
    const topic = newTopic();
    const [ann, bob] = [await member(0, topic, "ann"), await member(1, topic)];
    await ann.client.track(topic, { at: 1 });
    const first = await diff(bob.client, topic);
    await ann.client.track(topic, { at: 1 });
    await ann.client.track(topic, { at: 2 });
    const before = first.joins.ann?.metas[0];
    const second = await diff(bob.client, topic);
    expect(second.leaves).toEqual({ ann: { metas: [before] } });
    expect(second.joins.ann?.metas).toMatchObject([{ phx_ref_prev: before?.phx_ref, at: 2 }]);
    expect(second.joins.ann?.metas[0]?.phx_ref).not.toBe(before?.phx_ref);
    await bob.client.expectSilence(topic);
  });

  test("[P15] two channels of one key are two metas, and go one by one", async () => {
    const topic = newTopic();
    const [one, two, bob] = [
      await member(0, topic, "ann"),
      await member(1, topic, "ann"),
      await member(1, topic),
    ];
    await one.client.track(topic, { device: 1 });
    await diff(bob.client, topic);
    await two.client.track(topic, { device: 2 });
    await diff(bob.client, topic);
    const { state } = await member(0, topic);
    expect(state.ann?.metas.map(({ device }) => device).sort()).toEqual([1, 2]);
    await one.client.leave(topic);
    expect((await diff(bob.client, topic)).leaves.ann?.metas).toMatchObject([{ device: 1 }]);
    await two.client.untrack(topic);
    expect((await diff(bob.client, topic)).leaves.ann?.metas).toMatchObject([{ device: 2 }]);
  });

  test("[P14] [P4] however a member goes, the other node is told within a second", async () => {
    const topic = newTopic();
    const watcher = await member(1, topic);
    const ways: [string, (client: PhoenixClient) => unknown][] = [
      ["leave", (client) => client.leave(topic)],
      ["close", (client) => client.close()],
      ["kill", (client) => client.socket.terminate()],
      ["rejoin", (client) => client.join(topic, { presence: { enabled: true, key: "other" } })],
    ];
    for (const [name, go] of ways) {
      const { client } = await member(0, topic, name);
      await client.track(topic, {});
      await diff(watcher.client, topic);
      using watch = startStopwatch();
      await go(client);
      expect(Object.keys((await diff(watcher.client, topic)).leaves)).toEqual([name]);
      expect(watch.ms).toBeLessThan(1_000);
    }
  });

  test("[B20] a client resumes on the other node with exactly what it missed", async () => {
    const topic = newTopic();
    const config = { broadcast: { sequence: true } };
    const [sender, here] = [await cluster.connect(0, { vsn }), await cluster.connect(0, { vsn })];
    await sender.join(topic);
    const { positions } = await here.join(topic, config);
    sender.broadcast(topic, "n", { n: 1 }, { as: "text" });
    const { payload } = await here.expectFrame({ topic, event: "broadcast" });
    const { origin, seq } = (payload as { meta: { origin: string; seq: number } }).meta;
    await here.close();
    for (const n of [2, 3]) sender.broadcast(topic, "n", { n }, { as: "text" });
    const there = await cluster.connect(1, { vsn });
    await there.join(topic, { broadcast: { sequence: true, resume: { ...positions, [origin]: seq } } });
    for (const n of [2, 3]) {
      const replayed = await there.expectFrame({ topic, event: "broadcast" });
      expect(replayed.payload).toMatchObject({ payload: { n }, meta: { origin, seq: n } });
    }
    const { payload: outcome } = await there.expectFrame({ topic, event: "system" });
    expect(outcome).toMatchObject({ status: "ok", message: "Recovered", recovered: true, replayed: 2 });
    sender.broadcast(topic, "n", { n: 4 }, { as: "text" });
    const live = await there.expectFrame({ topic, event: "broadcast" });
    expect(live.payload).toMatchObject({ payload: { n: 4 }, meta: { seq: 4 } });
    await there.expectSilence(topic, 300, { event: "broadcast" });
  });
});

test("[P4] a frozen client is gone on the other node within 10 s, and the dashboard can say why", async () => {
  await using cluster = await startCluster({ nodes: 2 });
  const topic = newTopic();
  const [frozen, watcher] = [await cluster.connect(0), await cluster.connect(1)];
  await watcher.join(topic, { presence: { enabled: true } });
  await frozen.join(topic, { presence: { enabled: true, key: "frozen" } });
  await frozen.track(topic, {});
  await watcher.expectFrame({ topic, event: "presence_diff" });
  const keepsAlive = setInterval(() => void watcher.heartbeat(), 2_000);
  using watch = startStopwatch();
  frozen.socket.pause();
  const { payload } = await watcher.expectFrame({ topic, event: "presence_diff" }, { withinMs: 30_000 });
  expect(watch.ms).toBeLessThan(10_000);
  expect(payload).toMatchObject({ leaves: { frozen: {} } });
  clearInterval(keepsAlive);
  const snapshot = await cluster.inspect(0).query("presence", { ref: cluster.project.ref });
  const { departures } = PresenceSnapshot.parse(snapshot);
  expect(departures).toMatchObject([{ key: "frozen", cause: "silent", node: "node-0" }]);
  expect(departures[0]?.silentMs).toBeGreaterThan(8_000);
});
