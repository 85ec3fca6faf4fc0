import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { Vsn } from "@tidewire/testkit/phoenix-wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const SQL = `
  create policy "all hear" on realtime.messages for select to anon using (true);
  create table public.todos (id int primary key, task text);
  create function public.tell() returns trigger language plpgsql security definer as $$ begin
    perform realtime.broadcast_changes('todos', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
    return null;
  end $$;
  create trigger tell after insert or update or delete on public.todos for each row execute function public.tell();
`;

/** A home starts cold, on a machine that may be busy. */
const PATIENCE = { withinMs: 25_000 };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, sql: SQL });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function listen(topic: string, options: { vsn: Vsn; isPrivate?: boolean; node?: number }) {
  const { vsn, isPrivate = true, node = 0 } = options;
  const client = await cluster.connect(node, { vsn, apikey: cluster.project.keys.anon.value });
  await client.join(topic, { private: isPrivate, broadcast: { replication_ready: true } });
  await client.expectFrame({ topic, event: "system" }, PATIENCE);
  return client;
}

interface Heard {
  event: string;
  payload: unknown;
  meta?: { id: string };
}
const heardBy = (client: PhoenixClient) =>
  client.frames.filter(({ event }) => event === "broadcast").map(({ payload }) => payload as Heard);

describe.each<Vsn>(["1.0.0", "2.0.0"])("[B31] broadcasts from the database over %s", (vsn) => {
  test("broadcast_changes of a trigger has the row, its operation and an id, on every node", async () => {
    const id = Math.floor(Math.random() * 2 ** 31);
    const clients = [
      await listen("realtime:todos", { vsn }),
      await listen("realtime:todos", { vsn, node: 1 }),
    ];
    await using database = await cluster.project.database.connectAsAdmin();
    await database.query("insert into todos values ($1, 'a')", [id]);
    await database.query("update todos set task = 'b' where id = $1", [id]);
    await database.query("delete from todos where id = $1", [id]);
    const change = (operation: string, record: unknown, old_record: unknown) => ({
      type: "broadcast",
      event: operation,
      payload: { schema: "public", table: "todos", operation, record, old_record },
    });
    for (const client of clients) {
      await eventually(() => expect(heardBy(client)).toHaveLength(3), PATIENCE);
      expect(heardBy(client)).toMatchObject([
        change("INSERT", { id, task: "a" }, null),
        change("UPDATE", { id, task: "b" }, { id, task: "a" }),
        change("DELETE", null, { id, task: "b" }),
      ]);
      for (const { payload, meta } of heardBy(client)) {
        expect(payload).toHaveProperty("id", meta?.id);
      }
    }
  });

  test("[B3] one transaction is heard in the order it was written, whichever function wrote it", async () => {
    const topic = randomUUID();
    const client = await listen(`realtime:${topic}`, { vsn });
    await using database = await cluster.project.database.connectAsAdmin();
    await database.query("begin");
    for (let n = 1; n <= 30; n++) {
      if (n % 3 === 0)
        await database.query("select realtime.send_binary($1, 'bytes', $2)", ["\\x0102", topic]);
      else await database.query("select realtime.send($1, $2, $3)", [{ n }, `event-${n}`, topic]);
    }
    await client.heartbeat();
    expect(heardBy(client)).toEqual([]);
    await database.query("commit");

    const all = Array.from({ length: 30 }, (_, index) => index + 1);
    const texts = all.filter((n) => n % 3 !== 0);
    const expected = vsn === "1.0.0" ? texts : all;
    await eventually(() => expect(heardBy(client)).toHaveLength(expected.length), PATIENCE);
    expect(heardBy(client).map(({ event }) => event)).toEqual(
      expected.map((n) => (n % 3 === 0 ? "bytes" : `event-${n}`)),
    );
    const ids = new Set(heardBy(client).map(({ meta }) => meta?.id));
    expect(ids.size).toBe(expected.length);
  });

  test("[J4] rows that are not private go to the public room; a transaction that is rolled back to none", async () => {
    const topic = randomUUID();
    const open = await listen(`realtime:${topic}`, { vsn, isPrivate: false });
    const closed = await listen(`realtime:${topic}`, { vsn });
    await using database = await cluster.project.database.connectAsAdmin();
    await database.query(`begin; select realtime.send('{}', 'never', '${topic}', false); rollback`);
    await database.query("select realtime.send('{}', 'open', $1, false), realtime.send('{}', 'closed', $1)", [
      topic,
    ]);
    await eventually(() => expect(heardBy(open).map(({ event }) => event)).toEqual(["open"]), PATIENCE);
    await eventually(() => expect(heardBy(closed).map(({ event }) => event)).toEqual(["closed"]), PATIENCE);
  });
});

describe("[B40] the partitions of realtime.messages", () => {
  const NAMES = `select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'realtime.messages'::regclass order by 1`;
  const DAYS = `select 'realtime.messages_' || to_char(now() at time zone 'utc' + make_interval(days => d), 'YYYY_MM_DD') as name
    from generate_series(-1, 3) d order by 1`;

  test("are kept by the home: it makes what is missing and drops what is older than 72 hours", async () => {
    await using own = await startCluster({ sql: SQL });
    const { database } = own.project;
    await database.query(`
      do $$ declare p regclass; begin
        for p in select inhrelid::regclass from pg_inherits where inhparent = 'realtime.messages'::regclass
        loop execute format('drop table %s', p); end loop;
      end $$;
      create table realtime.messages_2020_01_01 partition of realtime.messages
        for values from ('2020-01-01') to ('2020-01-02');
      insert into realtime.messages (topic, extension, inserted_at) values ('old', 'broadcast', '2020-01-01 12:00')`);
    const client = await own.connect(0, { apikey: own.project.keys.anon.value });
    await client.join("realtime:partitions", { private: true });
    await eventually(async () => {
      expect((await database.query(NAMES)).rows).toEqual((await database.query(DAYS)).rows);
    }, PATIENCE);
    await database.query("select realtime.send('{}', 'again', 'partitions')");
    await client.expectFrame({ topic: "realtime:partitions", event: "broadcast" }, PATIENCE);
  });
});
