import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { openClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setLimits } from "./harness/set-limits.ts";
import { type Cluster, startCluster } from "./harness.ts";

const SQL = `
  create table public.items (id int primary key);
  alter publication supabase_realtime add table public.items;
  create policy reads on realtime.messages for select to anon using (pg_sleep(0.05) is not null)`;
const CHANGES = { postgres_changes: [{ event: "*", schema: "public", table: "items" }] };

interface Row {
  data: { record: { id: number } };
}
interface Message {
  payload: { n: number };
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ sql: SQL });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("[8, D5] rows over maxEventsPerSecond all arrive, and nobody is told off for them", async () => {
  const receiver = await cluster.connect();
  const topic = `realtime:${randomUUID()}`;
  await receiver.join(topic, CHANGES);
  await receiver.expectFrame({
    topic,
    event: "system",
    payload: { extension: "postgres_changes", status: "ok" },
  });
  await setLimits(cluster, { maxEventsPerSecond: 3 });
  await cluster.project.database.query("insert into public.items select generate_series(1, 40)");
  await eventually(() => {
    const rows = receiver.frames.filter(({ event }) => event === "postgres_changes");
    expect(rows.map(({ payload }) => (payload as Row).data.record.id)).toEqual(
      Array.from({ length: 40 }, (_, n) => n + 1),
    );
  });
  expect(receiver.open).toBe(true);
  expect(receiver.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
});

test("[8, D5] messages out of the database over maxEventsPerSecond were committed, so they are delivered", async () => {
  const receiver = await cluster.connect();
  const topic = `realtime:${randomUUID()}`;
  await receiver.join(topic, CHANGES);
  await receiver.expectFrame({
    topic,
    event: "system",
    payload: { extension: "postgres_changes", status: "ok" },
  });
  await setLimits(cluster, { maxEventsPerSecond: 3 });
  await cluster.project.database.query(
    "select realtime.send(jsonb_build_object('n', n), 'e', $1, false) from generate_series(1, 20) n",
    [topic.slice("realtime:".length)],
  );
  await eventually(() => {
    const messages = receiver.frames.filter(({ event }) => event === "broadcast");
    expect(messages.map(({ payload }) => (payload as Message).payload.n)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });
  expect(receiver.open).toBe(true);
});

test("[8, P1] databasePool: raised and lowered while in use, sockets and the stream stay", async () => {
  await setLimits(cluster, { databasePool: 1, maxEventsPerSecond: 10_000, maxJoinsPerSecond: 10_000 });
  const apikey = cluster.project.keys.anon.value;
  const bystander = await cluster.connect();
  await bystander.join("realtime:bystander", CHANGES);
  const client = await cluster.connect(0, { apikey });
  await using admin = await openClient(cluster.postgres.url());
  const database = new URL(cluster.project.database.databaseUrl).pathname.slice(1);
  const countConnections = async () => {
    const { rows } = await admin.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
        where datname = $1 and application_name like 'tidewire%' and backend_type = 'client backend'`,
      [database],
    );
    return rows[0]?.count ?? 0;
  };
  /** The most connections seen while many checks, each of its own topic, want one. */
  const peakOf = async (joins: number) => {
    let peak = 0;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) peak = Math.max(peak, await countConnections());
    })();
    await Promise.all(
      Array.from({ length: joins }, () => client.join(`realtime:${randomUUID()}`, { private: true })),
    );
    isOver = true;
    await watching;
    return peak;
  };
  expect(await peakOf(8)).toBe(1);
  await setLimits(cluster, { databasePool: 4 });
  expect(await peakOf(20)).toBe(4);
  await setLimits(cluster, { databasePool: 1 });
  await eventually(async () => expect(await countConnections()).toBe(1));
  expect(await peakOf(8)).toBe(1);
  expect([client.open, bystander.open]).toEqual([true, true]);
});
