import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import type { TokenClaims } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

/** Who may do what is in the topic's name, so that every test has its own row of the matrix. */
const SQL = `
  create function public.may(action text, extension text) returns boolean language sql stable as $$
    select realtime.topic() like '%' || action || '-' || extension || '%'
  $$;
  create function public.raise() returns boolean language plpgsql as $$ begin raise 'a policy''s own words'; end $$;
  create policy "read by name" on realtime.messages for select to authenticated
    using (public.may('read', extension));
  create policy "write by name" on realtime.messages for insert to authenticated
    with check (public.may('write', extension));
  create policy "mine" on realtime.messages for select to authenticated
    using (realtime.topic() = 'of-' || (select auth.uid()::text));
  create policy "header" on realtime.messages for select to authenticated
    using (realtime.topic() = 'blue' and current_setting('request.headers', true)::jsonb ->> 'x-colour' = 'blue');
  create policy "raises" on realtime.messages for select to authenticated
    using (case when realtime.topic() = 'raises' then public.raise() else false end);
`;

const PLENTY = {
  maxConcurrentUsers: 10_000,
  maxJoinsPerSecond: 10_000,
  maxChannelsPerClient: 1_000,
  databasePool: 2,
};

describe.each([
  ["one node", 1],
  ["two nodes", 2],
])("private channels on %s", (_, nodes) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes, sql: SQL, limits: PLENTY });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const token = (claims: TokenClaims = {}) =>
    cluster.project.database.token({ sub: randomUUID(), ...claims });
  const user = (node = 0, claims?: TokenClaims, headers?: Record<string, string>) =>
    cluster.connect(node % nodes, { apikey: token(claims), headers });
  const open = { private: true, broadcast: { ack: true } };
  let count = 0;
  const newTopic = (name: string) => `realtime:${name}-${++count}`;
  const refusalOf = async (client: PhoenixClient, topic: string, config: object = open) => {
    const { status, response } = await client.tryJoin(topic, { config });
    return status === "ok" ? "ok" : response.reason;
  };

  test("[A5] [A6] a read grant lets in, none refuses", async () => {
    const client = await user(1);
    expect(await refusalOf(client, newTopic("read-broadcast"))).toBe("ok");
    const topic = newTopic("nothing");
    expect(await refusalOf(client, topic)).toBe(
      `Unauthorized: You do not have permissions to read from this Channel topic: ${topic.slice(9)}`,
    );
  });

  test("[A5] [A9] a grant for presence alone counts only when presence is enabled, and brings no broadcasts", async () => {
    const topic = newTopic("read-presence-write-broadcast");
    const client = await user(1);
    expect(await refusalOf(client, topic)).toMatch(/^Unauthorized/);
    await client.join(topic, { private: true, presence: { enabled: true } });
    const sender = await user(0);
    await sender.join(topic, { ...open, presence: { enabled: true } });
    expect((await sender.expectReply(topic, sender.broadcast(topic, "x", {}))).status).toBe("ok");
    await client.expectSilence(topic);
  });

  test("[A7] [B16] who may only read is told so at its first send", async () => {
    const topic = newTopic("read-broadcast");
    const client = await user(1);
    await client.join(topic, open);
    const { status, response } = await client.expectReply(topic, client.broadcast(topic, "x", {}));
    expect([status, response.reason]).toEqual([
      "error",
      `Unauthorized: You do not have permissions to write to this Channel topic: ${topic.slice(9)}`,
    ]);
    expect((await client.leave(topic)).status).toBe("ok");
  });

  test("[A8] policies see the claims and the x-* headers", async () => {
    const sub = randomUUID();
    const client = await user(1, { sub }, { "x-colour": "blue" });
    expect(await refusalOf(client, `realtime:of-${sub}`)).toBe("ok");
    expect(await refusalOf(client, "realtime:blue")).toBe("ok");
    const other = await user(1);
    expect(await refusalOf(other, `realtime:of-${sub}`)).toMatch(/^Unauthorized/);
    expect(await refusalOf(other, "realtime:blue")).toMatch(/^Unauthorized/);
  });

  test("[A16] [A19] a role Postgres does not know, and a policy that raises, are refusals", async () => {
    const stranger = await user(1, { role: "nobody_knows" });
    expect(await refusalOf(stranger, newTopic("read-broadcast"))).toMatch(/^Unauthorized: You do not have/);
    expect(await refusalOf(stranger, newTopic("public"), {})).toBe("ok");
    expect(await refusalOf(await user(1), "realtime:raises")).toMatch(/^Unauthorized: You do not have/);
  });

  test("[A11] a new token of somebody who may not read ends the channel", async () => {
    const sub = randomUUID();
    const topic = `realtime:of-${sub}`;
    const client = await user(1, { sub });
    await client.join(topic, open);
    client.send(topic, "access_token", { access_token: token() });
    await client.expectFrame({
      topic,
      event: "system",
      payload: { message: /^You do not have permissions/ },
    });
    await client.expectFrame({ topic, event: "phx_close" });
  });

  test("[B29] [B31] rows of realtime.messages reach their room with their id, and are replayed to those who come later", async () => {
    const topic = newTopic("read-broadcast");
    const name = topic.slice(9);
    const early = await user(1);
    await early.join(topic, { ...open, broadcast: { replication_ready: true } });
    await early.expectFrame({
      topic,
      event: "system",
      payload: { message: "Replication connection established" },
    });
    const since = Date.now() - 1_000;
    for (const n of [1, 2, 3]) {
      await cluster.project.database.query("select realtime.send($1, 'chat', $2, true)", [{ n }, name]);
    }
    const numberOf = (payload: unknown) => (payload as { payload: { n: number } }).payload.n;
    const ids: string[] = [];
    for (const n of [1, 2, 3]) {
      const { payload } = await early.expectFrame({ topic, event: "broadcast" });
      expect(numberOf(payload)).toBe(n);
      ids.push((payload as { meta: { id: string } }).meta.id);
    }
    const late = await user(0);
    await late.join(topic, { private: true, broadcast: { replay: { since, limit: 2 } } });
    for (const n of [2, 3]) {
      const { payload } = await late.expectFrame({ topic, event: "broadcast" });
      expect(payload).toMatchObject({ meta: { id: ids[n - 1], replayed: true } });
      expect(numberOf(payload)).toBe(n);
    }
    await late.expectSilence(topic);
  });

  test("[L10] [P1] a burst of private joins on a pool of two: each is answered in time, with ok or with a reason", async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, (_, index) => user(index)));
    using watch = startStopwatch();
    const replies = await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 25 }, () => refusalOf(client, newTopic("burst-read-broadcast"))),
      ),
    );
    const elapsedMs = watch.ms;
    const refused = replies.filter((reply) => reply !== "ok");
    for (const reason of refused) expect(reason).toMatch(/^\w+: .*stage=\w+, elapsedMs=\d+/);
    expect(refused.length).toBeLessThan(replies.length / 2);
    expect(elapsedMs).toBeLessThan(10_000);
    const { rows } = await cluster.project.database.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    // Two of the pool, one for replication.
    expect(rows[0].n).toBeLessThanOrEqual(3);
  });
});

test("[A21] without the project's database, whoever was let in lately is let in again", async () => {
  await using cluster = await startCluster({ sql: SQL, controlServer: "own", limits: PLENTY });
  const apikey = cluster.project.database.token({ sub: randomUUID() });
  const topic = "realtime:read-broadcast-write-broadcast-again";
  const [before, after] = [await cluster.connect(0, { apikey }), await cluster.connect(0, { apikey })];
  await before.join(topic, { private: true, broadcast: { ack: true } });
  expect((await before.expectReply(topic, before.broadcast(topic, "x", {}))).status).toBe("ok");
  await cluster.postgres.stop("immediate");
  // Longer than an answer serves while it can be asked again.
  await eventually(
    async () => {
      await after.join(topic, { private: true, broadcast: { ack: true } });
      await after.leave(topic);
      const text = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
      expect(Number(/^tidewire_home_checks_stale\{[^}]*\} (.+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
    },
    { withinMs: 20_000 },
  );
  await after.join(topic, { private: true, broadcast: { ack: true } });
  expect((await after.expectReply(topic, after.broadcast(topic, "y", {}))).status).toBe("ok");
  await before.expectFrame({ topic, event: "broadcast", payload: { event: "y" } });
});

test("[A18] [B32] [J10] without the project's database, public channels and presence go on, and private joins say why", async () => {
  await using cluster = await startCluster({ sql: SQL, controlServer: "own", limits: PLENTY });
  const sub = randomUUID();
  const apikey = cluster.project.database.token({ sub });
  const [before, after] = [await cluster.connect(0, { apikey }), await cluster.connect(0, { apikey })];
  const live = "realtime:read-broadcast-write-broadcast-live";
  await before.join(live, { private: true, broadcast: { ack: true } });
  expect((await before.expectReply(live, before.broadcast(live, "x", {}))).status).toBe("ok");

  await cluster.postgres.stop("immediate");

  using watch = startStopwatch();
  const { response } = await after.tryJoin("realtime:read-broadcast-new", { config: { private: true } });
  expect(response.reason).toMatch(/^\w+: .*stage=/);
  expect(watch.ms).toBeLessThan(9_000);
  for (const client of [before, after]) await client.join("realtime:room", { presence: { enabled: true } });
  before.broadcast("realtime:room", "still", { here: true });
  await after.expectFrame({ topic: "realtime:room", event: "broadcast" });
  expect((await after.track("realtime:room", { still: "here" })).status).toBe("ok");
  // A refreshed token cannot be checked now; the channel lives with what it may.
  before.send(live, "access_token", {
    access_token: cluster.project.database.token({ sub, refreshed: true }),
  });
  expect((await before.push(live, "presence", {})).status).toBe("ok");

  await cluster.postgres.start();
  await eventually(
    async () => {
      const { status } = await after.tryJoin("realtime:read-broadcast-again", { config: { private: true } });
      expect(status).toBe("ok");
    },
    { withinMs: 20_000 },
  );
  expect((await before.leave(live)).status).toBe("ok");
});
