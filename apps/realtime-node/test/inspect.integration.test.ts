import { randomUUID } from "node:crypto";
import type { ConnectionInfo, PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { TapBatch, TapEvent } from "@tidewire/protocol/cluster/tap";
import { eventually } from "@tidewire/testkit/eventually";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

let cluster: Cluster;
let ref: string;
beforeAll(async () => {
  cluster = await startCluster();
  ref = cluster.project.ref;
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function joinAs(key: string) {
  const topic = `room-${randomUUID()}`;
  const client = await cluster.connect();
  await client.join(`realtime:${topic}`, { presence: { key, enabled: true }, broadcast: { self: true } });
  return { client, topic, fullTopic: `realtime:${topic}` };
}

test("the node tells who it is, what it serves and how it fares", async () => {
  const { client } = await joinAs("a");
  expect(await cluster.inspect().query("snapshot")).toMatchObject({
    node: "node-0",
    region: "local-1",
    state: "ready",
    projects: [ref],
    controlDatabase: { ok: true },
  });
  expect(await cluster.inspect().query("project", { ref })).toMatchObject({
    counters: { connections: 1, channels: 1 },
  });
  expect(await cluster.inspect().query("project", { ref: "unknown0000000000000" })).toBeNull();
  await client.close();
});

test("[P4] presence is shown with the evidence of the member's socket, and an evicted member is gone", async () => {
  const { client, topic, fullTopic } = await joinAs("alice");
  await client.track(fullTopic, { mood: "calm" });
  const snapshot = () => cluster.inspect().query("presence", { ref, topic }) as Promise<PresenceSnapshot>;
  const [member] = (await snapshot()).members;
  expect(member).toMatchObject({
    topic,
    key: "alice",
    metaJson: '{"mood":"calm"}',
    pingsOutstanding: 0,
    state: "live",
  });
  expect(member?.evictAtMs).toBeGreaterThan(Date.now());

  expect(await cluster.inspect().mutate("evict", { ref, topic, phxRef: member?.phxRef })).toEqual({
    found: true,
  });
  await client.expectFrame({ topic: fullTopic, event: "phx_close" });
  const after = await snapshot();
  expect(after.members).toEqual([]);
  expect(after.departures.at(-1)).toMatchObject({ topic, key: "alice", cause: "kicked" });
  await client.close();
});

test("a kicked connection is closed and not listed any more", async () => {
  const { client, topic } = await joinAs("bob");
  const list = () => cluster.inspect().query("connections", { ref }) as Promise<ConnectionInfo[]>;
  const [info] = (await list()).filter(({ channels }) => channels.some((channel) => channel.topic === topic));
  expect(info).toMatchObject({ ref, role: "anon", vsn: "2.0.0" });
  expect(await cluster.inspect().mutate("kick", { connection: info?.id })).toEqual({ found: true });
  await client.expectClose();
  await eventually(async () => expect((await list()).map(({ id }) => id)).not.toContain(info?.id));
});

test("the tail of a project shows joins, broadcasts with their payload, refusals and closes", async () => {
  const reader = new AbortController();
  const response = await cluster.inspect().call("tap", { ref }, { signal: reader.signal });
  const stream = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const { client, topic, fullTopic } = await joinAs("carol");
  client.broadcast(fullTopic, "move", { x: 41 });
  await client.expectFrame({ event: "broadcast" });
  await client.tryJoin("realtime:", {});
  await client.close();

  const events: TapEvent[] = [];
  // It begins with what earlier tests left behind, so every expectation names its own event.
  const expected = [
    { kind: "join", topic, node: "node-0", ref },
    { kind: "broadcast", topic, event: "move", recipients: 1, payload: expect.stringContaining("41") },
    { kind: "refusal", code: "TopicNameRequired" },
    { kind: "close", message: "closed by the client (1005)" },
  ];
  let rest = "";
  for (;;) {
    const lines = (rest + ((await stream?.read())?.value ?? "")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith('data: {"json"')) continue;
      const batch = superjson.deserialize<TapBatch>(JSON.parse(line.slice("data: ".length)));
      events.push(...batch.events);
    }
    if (
      expected.every((each) => events.some((event) => expect.objectContaining(each).asymmetricMatch(event)))
    )
      break;
  }
  reader.abort();
});

test("what happened becomes points of the graphs in the control database", async () => {
  const { client, fullTopic } = await joinAs("dave");
  client.broadcast(fullTopic, "move", { x: 1 });
  await client.expectFrame({ event: "broadcast" });
  await eventually(
    async () => {
      const rows = await cluster.control.plane.db.metricSample.findMany({ where: { projectRef: ref } });
      const sum = (name: string) =>
        rows.filter((row) => row.name === name).reduce((total, { value }) => total + value, 0);
      expect(sum("joins")).toBeGreaterThan(0);
      expect(sum("messagesIn")).toBeGreaterThan(0);
      expect(sum("deliveries")).toBeGreaterThan(0);
    },
    { withinMs: 12_000 },
  );
});

test("[10] metrics carry Supabase's names with the tenant, and no ref that a stranger made up", async () => {
  const { client } = await joinAs("erin");
  await cluster.connect(0, { url: `${cluster.nodes[0]?.url}/p/madeup00000000000000` }).catch(() => undefined);
  const text = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
  expect(text).toMatch(new RegExp(`^realtime_connections_connected\\{tenant="${ref}"[^}]*\\} \\d+$`, "m"));
  expect(text).toMatch(new RegExp(`^realtime_channel_joins\\{tenant="${ref}"[^}]*\\} [1-9]`, "m"));
  expect(text).toMatch(/^realtime_channel_global_error\{code="TenantNotFound"[^}]*\} 1$/m);
  expect(text).toMatch(/^tidewire_event_loop_delay_seconds\{quantile="0.99"/m);
  expect(text).not.toContain("madeup");
  await client.close();
});
