import { randomUUID } from "node:crypto";
import { updateSettings } from "@tidewire/db/projects";
import type { ProjectLimits } from "@tidewire/protocol/project";
import { eventually } from "@tidewire/testkit/eventually";
import { HandshakeRefused, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setLimits as setLimitsOf } from "./harness/set-limits.ts";
import { type Cluster, startCluster } from "./harness.ts";

const PLENTY: Partial<ProjectLimits> = {
  maxConcurrentUsers: 1_000,
  maxChannelsPerClient: 100,
  maxJoinsPerSecond: 1_000,
  maxEventsPerSecond: 10_000,
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, limits: PLENTY });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const setLimits = (limits: Partial<ProjectLimits>) => setLimitsOf(cluster, limits);
const newTopic = () => `realtime:limits-${randomUUID()}`;
const reasonOf = async (client: PhoenixClient, topic = newTopic()) =>
  (await client.tryJoin(topic, {})).response.reason;

describe("limits changed in the dashboard count at once, and nobody is disconnected", () => {
  let bystander: PhoenixClient;
  beforeEach(async () => {
    await setLimits(PLENTY);
    bystander = await cluster.connect();
  });

  test("[8] maxChannelsPerClient: one join too many is refused, the others and the socket live", async () => {
    await setLimits({ maxChannelsPerClient: 2 });
    const client = await cluster.connect();
    const topics = [newTopic(), newTopic()];
    for (const topic of topics) await client.join(topic, { broadcast: { ack: true } });
    expect(await reasonOf(client)).toBe("ChannelRateLimitReached: Too many channels");
    await client.leave(topics[0] ?? "");
    await client.join(newTopic());
    expect(bystander.open).toBe(true);
  });

  test("[8] maxConcurrentUsers counts sockets with a channel, in the whole cluster", async () => {
    const [here, there] = [await cluster.connect(0), await cluster.connect(1)];
    for (const client of [here, there]) await client.join(newTopic());
    const idle = await cluster.connect(0);
    await setLimits({ maxConcurrentUsers: 2 });
    await eventually(async () => {
      await expect(cluster.connect(0)).rejects.toThrow(
        new HandshakeRefused(429, JSON.stringify({ error: "Too many connected users" })),
      );
    });
    expect(await reasonOf(idle)).toBe("ConnectionRateLimitReached: Too many connected users");
    expect(idle.open).toBe(true);
    await here.join(newTopic());
    await Promise.all([here.close(), there.close()]);
  });

  test("[8] maxJoinsPerSecond: over the limit a join is refused and its socket closed with 1001", async () => {
    const client = await cluster.connect();
    await setLimits({ maxJoinsPerSecond: 3 });
    let reply = await client.tryJoin(newTopic(), {});
    for (let joins = 1; reply.status === "ok" && joins < 10; joins++)
      reply = await client.tryJoin(newTopic(), {});
    expect(reply.response.reason).toMatch(/^ClientJoinRateLimitReached: Too many joins per second/);
    expect((await client.expectClose()).code).toBe(1001);
    expect(bystander.open).toBe(true);
    await setLimits(PLENTY);
    await eventually(async () => (await cluster.connect()).join(newTopic()));
  });

  test("[1.4, 8] maxJoinsPerSecond: while joins are spent a handshake is 429, and nobody else notices", async () => {
    const spenders = await Promise.all(Array.from({ length: 8 }, () => cluster.connect()));
    await setLimits({ maxJoinsPerSecond: 1 });
    // On a busy machine a second may pass, and with it the refusal, between a join and the handshake after it.
    await eventually(async () => {
      await spenders.pop()?.tryJoin(newTopic(), {});
      await expect(cluster.connect()).rejects.toThrow(
        new HandshakeRefused(429, JSON.stringify({ error: "Too many joins per second" })),
      );
    });
    expect(bystander.open).toBe(true);
  });

  test("[8, D5] maxEventsPerSecond: a sender over the limit is told, its receivers are not punished", async () => {
    const [sender, receiver] = [await cluster.connect(0), await cluster.connect(1)];
    const topic = newTopic();
    await sender.join(topic, { broadcast: { ack: true } });
    await receiver.join(topic);
    await setLimits({ maxEventsPerSecond: 5 });
    const message = (n: number) => ({ type: "broadcast", event: "n", payload: { n } });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => sender.push(topic, "broadcast", message(n))),
    );
    const refused = replies.filter(({ status }) => status === "error");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(20);
    expect(JSON.stringify(refused[0]?.response)).toContain("MessagePerSecondRateLimitReached");
    await setLimits(PLENTY);
    await eventually(async () =>
      expect((await sender.push(topic, "broadcast", message(99))).status).toBe("ok"),
    );
    await receiver.expectFrame({ event: "broadcast", payload: { payload: { n: 99 } } });
    expect(receiver.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
  });

  test("[8, D5] without ack a flood is told once per second, by a system error, and the channel lives", async () => {
    const sender = await cluster.connect();
    const topic = newTopic();
    await sender.join(topic);
    await setLimits({ maxEventsPerSecond: 2 });
    for (let n = 0; n < 30; n++)
      sender.send(topic, "broadcast", { type: "broadcast", event: "n", payload: { n } });
    const told = await sender.expectFrame({ topic, event: "system" });
    expect(told.payload).toMatchObject({
      extension: "broadcast",
      status: "error",
      message: expect.stringMatching(/^MessagePerSecondRateLimitReached: /),
    });
    await sender.expectSilence(topic, 300);
    await setLimits(PLENTY);
    await sender.leave(topic);
  });

  test("[4.3, 8] over REST a batch beyond the limit is 429, a smaller one goes, and no socket notices", async () => {
    const receiver = await cluster.connect(1);
    const topic = newTopic();
    await receiver.join(topic);
    await setLimits({ maxEventsPerSecond: 5 });
    const send = async (count: number) => {
      const message = { topic: topic.slice("realtime:".length), event: "e", payload: {} };
      const apikey = cluster.project.keys.serviceRole.value;
      const answer = await fetch(`${cluster.projectUrl(0)}/api/broadcast`, {
        method: "POST",
        headers: { apikey, "content-type": "application/json" },
        body: JSON.stringify({ messages: Array(count).fill(message) }),
      });
      return answer.status;
    };
    expect(await send(20)).toBe(429);
    await setLimits(PLENTY);
    expect(await send(20)).toBe(202);
    await receiver.expectFrame({ topic, event: "broadcast" });
    expect(receiver.open).toBe(true);
  });

  test("[8] maxPayloadSizeInKb: a larger payload is refused, the channel lives", async () => {
    const client = await cluster.connect();
    const topic = newTopic();
    await client.join(topic, { broadcast: { ack: true, self: true } });
    await setLimits({ maxPayloadSizeInKb: 1 });
    const big = { type: "broadcast", event: "big", payload: { text: "x".repeat(2_000) } };
    expect((await client.push(topic, "broadcast", big)).status).toBe("error");
    const small = { type: "broadcast", event: "small", payload: { text: "x" } };
    expect((await client.push(topic, "broadcast", small)).status).toBe("ok");
    await client.expectFrame({ event: "broadcast", payload: { event: "small" } });
    await setLimits({ maxPayloadSizeInKb: 3_000 });
  });
});

test("[M2] [C26] [A17] a changed switch of the project sends every socket away: system message, then 1012", async () => {
  const clients = [await cluster.connect(0), await cluster.connect(1)];
  const topic = newTopic();
  for (const client of clients) await client.join(topic);

  await updateSettings(cluster.control.plane.db, cluster.project.ref, { privateOnly: true });

  for (const client of clients) {
    await client.expectFrame({
      topic,
      event: "system",
      joinRef: null,
      payload: { extension: "system", status: "ok", message: "Server requested disconnect" },
    });
    expect((await client.expectClose()).code).toBe(1012);
  }
  const again = await cluster.connect();
  expect(await reasonOf(again)).toMatch(/^PrivateOnly: /);
  const answer = await fetch(`${cluster.projectUrl(0)}/api/broadcast`, {
    method: "POST",
    headers: { apikey: cluster.project.keys.serviceRole.value, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ topic: "public", event: "e", payload: {} }] }),
  });
  expect(answer.status).toBe(202);
  await updateSettings(cluster.control.plane.db, cluster.project.ref, { privateOnly: false });
});
