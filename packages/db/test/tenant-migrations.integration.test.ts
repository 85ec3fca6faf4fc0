import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, openClient, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  migrateTenant,
  TENANT_STEPS,
  TenantMigrationFailed,
  type TenantStep,
} from "../src/tenant-migrations.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

async function emptyDatabase(name: string) {
  await using admin = await openClient(server.url());
  await admin.query(`create database ${name} template template0`);
  return openClient(server.url(name));
}

describe("tenant migrations", () => {
  test("report every step, skip what is done, and repeat all of it on request", async () => {
    await using client = await emptyDatabase("steps");
    const ids = TENANT_STEPS.map(({ id }) => id);
    const states = async (repair: boolean) => {
      const steps: TenantStep[] = [];
      await migrateTenant(client, { repair, onStep: (step) => steps.push(step) });
      return steps.filter(({ state }) => state !== "running").map(({ id, state }) => `${id} ${state}`);
    };

    expect(await states(false)).toEqual(ids.map((id) => `${id} done`));
    expect(await states(false)).toEqual(ids.map((id) => `${id} ${id === "partitions" ? "done" : "skipped"}`));
    expect(await states(true)).toEqual(ids.map((id) => `${id} done`));
  });

  test("started twice at once take turns", async () => {
    await using one = await emptyDatabase("twice_at_once");
    await using two = await openClient(server.url("twice_at_once"));
    const applied = await Promise.all([migrateTenant(one), migrateTenant(two)]);
    expect(applied.map((steps) => steps.length).sort()).toEqual([0, TENANT_STEPS.length - 1]);
  });

  test("bring back what was dropped", async () => {
    await using client = await emptyDatabase("repaired");
    await migrateTenant(client);
    await client.query("drop publication supabase_realtime; drop function realtime.topic()");
    await migrateTenant(client, { repair: true });
    const { rows } = await client.query(
      "select realtime.topic() as topic, count(*)::int as publications from pg_publication",
    );
    expect(rows).toEqual([{ topic: null, publications: 2 }]);
  });

  test("keep what Supabase made", async () => {
    await using client = await emptyDatabase("supabase");
    await client.query(SUPABASE_OBJECTS);
    await migrateTenant(client);
    await migrateTenant(client, { repair: true });

    const { rows } = await client.query(`
      select auth.uid()::text as uid, obj_description('realtime.messages'::regclass) as messages,
             (select count(*)::int from pg_publication_tables where pubname = 'supabase_realtime') as published,
             (select count(*)::int from pg_attribute where attrelid = 'realtime.messages'::regclass and attname = 'binary_payload') as binary,
             (select count(*)::int from pg_inherits where inhparent = 'realtime.messages'::regclass) as partitions`);
    expect(rows).toEqual([
      {
        uid: "00000000-0000-0000-0000-00000000beef",
        messages: "theirs",
        published: 1,
        binary: 1,
        partitions: 5,
      },
    ]);
  });

  test("leave an unpartitioned messages table alone", async () => {
    await using client = await emptyDatabase("unpartitioned");
    await client.query(
      "create schema realtime; create table realtime.messages (topic text, extension text, payload jsonb, event text, private boolean, inserted_at timestamp default now(), id bigserial primary key)",
    );
    await migrateTenant(client);
    const { rows } = await client.query(
      "select relkind from pg_class where oid = 'realtime.messages'::regclass",
    );
    expect(rows).toEqual([{ relkind: "r" }]);
  });

  test("say which step was refused and why, and leave nothing of it", async () => {
    await using admin = await emptyDatabase("refused");
    await admin.query("create role clerk login; grant create on database refused to clerk");
    await using client = await openClient(server.url("refused").replace("postgres@", "clerk@"));
    const steps: TenantStep[] = [];
    const failure = await migrateTenant(client, { onStep: (step) => steps.push(step) }).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(TenantMigrationFailed);
    expect(failure).toMatchObject({
      step: "0001_roles",
      message: expect.stringContaining("permission denied to grant"),
    });
    expect(steps.at(-1)).toMatchObject({ id: "0001_roles", state: "failed" });
    await migrateTenant(admin);
  });
});

describe("a project's database", () => {
  let database: ProjectDatabase;
  beforeAll(async () => {
    database = await createProjectDatabase(server);
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test("[4.6] has the messages table clients write policies against", async () => {
    const { rows } = await database.query(`
      select string_agg(attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end, ', ' order by attnum) as columns,
             (select relrowsecurity from pg_class where oid = attrelid) as rls,
             (select pg_get_userbyid(relowner) from pg_class where oid = attrelid) as owner,
             (select string_agg(pg_get_constraintdef(oid), ', ' order by contype, conname) from pg_constraint where conrelid = attrelid and contype in ('p', 'c')) as constraints,
             (select pg_get_partkeydef(attrelid)) as partitioning
        from pg_attribute where attrelid = 'realtime.messages'::regclass and attnum > 0 group by attrelid`);
    expect(rows).toEqual([
      {
        columns:
          "topic text not null, extension text not null, payload jsonb, event text, private boolean, " +
          "updated_at timestamp without time zone not null, inserted_at timestamp without time zone not null, " +
          "id uuid not null, binary_payload bytea",
        rls: true,
        owner: "supabase_realtime_admin",
        constraints:
          "CHECK (((payload IS NULL) OR (binary_payload IS NULL))) NOT VALID, PRIMARY KEY (id, inserted_at)",
        partitioning: "RANGE (inserted_at)",
      },
    ]);
  });

  test("[4.6] send stores the message under the id it puts into the payload, and sets the topic", async () => {
    await using client = await database.connect();
    await client.query("begin");
    await client.query(`select realtime.send('{"text":"hi"}', 'chat', 'room:1')`);
    const { rows } = await client.query(
      `select payload ->> 'id' = id::text as same, payload ->> 'text' as text, event, topic, private, extension,
              realtime.topic() as guc from realtime.messages where topic = 'room:1'`,
    );
    expect(rows).toEqual([
      {
        same: true,
        text: "hi",
        event: "chat",
        topic: "room:1",
        private: true,
        extension: "broadcast",
        guc: "room:1",
      },
    ]);
    await client.query("rollback");
  });

  test("[4.6] send keeps an id that is there, and send_binary adds none", async () => {
    await using client = await database.connect();
    await client.query("begin");
    await client.query(
      `select realtime.send('{"id":7}', 'a', 'ids', false), realtime.send_binary('\\x0102', 'b', 'ids')`,
    );
    const { rows } = await client.query(
      "select event, payload, encode(binary_payload, 'hex') as bytes, private from realtime.messages where topic = 'ids' order by event",
    );
    expect(rows).toEqual([
      { event: "a", payload: { id: 7 }, bytes: null, private: false },
      { event: "b", payload: null, bytes: "0102", private: true },
    ]);
    await client.query("rollback");
  });

  test("[12.27] send of a list or scalar stores nothing and only warns", async () => {
    await using client = await database.connect();
    const warnings: string[] = [];
    client.on("notice", ({ message }) => warnings.push(String(message)));
    await client.query(`select realtime.send('[1]', 'e', 'lists'), realtime.send('"id"', 'e', 'lists')`);
    const { rows } = await client.query(
      "select count(*)::int as stored from realtime.messages where topic = 'lists'",
    );
    expect(rows).toEqual([{ stored: 0 }]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^WarnSendingBroadcastMessage: /);
  });

  test("[4.6] broadcast_changes sends the row and refuses what it cannot mean", async () => {
    await using client = await database.connect();
    await client.query("begin");
    await client.query(`
      create table public.todos (id int primary key, task text);
      create function public.tell() returns trigger language plpgsql as $$ begin
        perform realtime.broadcast_changes('todos', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger tell after insert or update or delete on public.todos for each row execute function public.tell();
      insert into public.todos values (1, 'a');
      update public.todos set task = 'b';
      delete from public.todos`);
    const { rows } = await client.query(
      "select event, payload - 'id' as payload from realtime.messages where topic = 'todos' order by inserted_at, event desc",
    );
    const change = (operation: string, record: unknown, old_record: unknown) => ({
      event: operation,
      payload: { schema: "public", table: "todos", operation, record, old_record },
    });
    expect(rows).toEqual([
      change("UPDATE", { id: 1, task: "b" }, { id: 1, task: "a" }),
      change("INSERT", { id: 1, task: "a" }, null),
      change("DELETE", null, { id: 1, task: "b" }),
    ]);
    await expect(
      client.query("select realtime.broadcast_changes('t', 'e', 'TRUNCATE', 't', 's', row(1), row(2))"),
    ).rejects.toThrow(/TRUNCATE/);
    await client.query("rollback");
  });

  test("[7.1] lets policies on messages see topic and claims, and the owner act as every API role", async () => {
    await using client = await database.connect();
    await client.query("begin");
    await client.query(`
      create policy mine on realtime.messages for select to authenticated
        using (realtime.topic() = 'room:' || auth.uid() and auth.role() = 'authenticated' and auth.email() = 'a@b.c');
      insert into realtime.messages (topic, extension) values ('room', 'broadcast')`);
    const visible = async (role: string, topic: string) => {
      await client.query(
        "select set_config('role', $1, true), set_config('realtime.topic', $2, true), set_config('request.jwt.claims', $3, true)",
        [role, topic, JSON.stringify({ sub: "00000000-0000-0000-0000-000000000001", role, email: "a@b.c" })],
      );
      const { rowCount } = await client.query("select id from realtime.messages where topic = 'room'");
      await client.query("reset role");
      return rowCount;
    };
    expect(await visible("authenticated", "room:00000000-0000-0000-0000-000000000001")).toBe(1);
    expect(await visible("authenticated", "room:00000000-0000-0000-0000-000000000002")).toBe(0);
    expect(await visible("anon", "room:00000000-0000-0000-0000-000000000001")).toBe(0);
    expect(await visible("service_role", "any")).toBe(1);
    await client.query("rollback");
  });

  test("opens what its owner and its server's superuser create in public to the API roles", async () => {
    await using admin = await database.connectAsAdmin();
    await database.query("create table public.by_owner (id serial primary key)");
    await admin.query("create table public.by_admin (id serial primary key)");
    const { rows } = await database.query(`
      select t, r, has_table_privilege(r, 'public.' || t, 'select, insert, update, delete') as tables,
             has_sequence_privilege(r, 'public.' || t || '_id_seq', 'usage') as sequences
        from unnest(array['by_owner', 'by_admin']) t, unnest(array['anon', 'authenticated', 'service_role']) r`);
    expect(rows).toHaveLength(6);
    expect(rows.filter(({ tables, sequences }) => !tables || !sequences)).toEqual([]);
  });

  test("lets its owner publish tables, make roles and stream messages of every partition as one table", async () => {
    await using client = await database.connect();
    await client.query("begin");
    await client.query(
      "create table public.streamed (id int primary key); alter publication supabase_realtime add table public.streamed",
    );
    await client.query(`create role editor_${database.ref} nologin`);
    await client.query("rollback");
    const { rows } = await client.query(
      "select schemaname, tablename from pg_publication_tables where pubname = 'supabase_realtime_messages_publication'",
    );
    expect(rows).toEqual([{ schemaname: "realtime", tablename: "messages" }]);
  });
});

describe("partitions of messages", () => {
  const DAY = "to_char(now() at time zone 'utc' + make_interval(days => d), 'YYYY_MM_DD')";

  async function partitions(database: ProjectDatabase): Promise<string[]> {
    const { rows } = await database.query(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'realtime.messages'::regclass order by 1",
    );
    return rows.map(({ name }) => name);
  }

  async function daysFromToday(database: ProjectDatabase, from: number, to: number): Promise<string[]> {
    const { rows } = await database.query(
      `select 'realtime.messages_' || ${DAY} as name from generate_series($1::int, $2::int) d order by 1`,
      [from, to],
    );
    return rows.map(({ name }) => name);
  }

  test("cover yesterday to three days ahead, move on with the days, and go after 72 hours", async () => {
    await using database = await createProjectDatabase(server);
    expect(await partitions(database)).toEqual(await daysFromToday(database, -1, 3));

    await database.query("select realtime.ensure_partitions(now() + interval '2 days')");
    expect(await partitions(database)).toEqual(await daysFromToday(database, -1, 5));

    await database.query("select realtime.ensure_partitions(now() + interval '5 days')");
    expect(await partitions(database)).toEqual(await daysFromToday(database, 2, 8));
  });

  test("can be asked for by several nodes at once", async () => {
    await using database = await createProjectDatabase(server);
    const later = "select realtime.ensure_partitions(now() + interval '1 days')";
    await Promise.all([1, 2, 3, 4].map(() => database.query(later)));
    expect(await partitions(database)).toEqual(await daysFromToday(database, -1, 4));
  });

  test("are not the business of the API roles", async () => {
    await using database = await createProjectDatabase(server);
    await using client = await database.connect();
    await client.query("set role authenticated");
    await expect(client.query("select realtime.ensure_partitions()")).rejects.toThrow(/permission denied/);
    await client.query("reset role; select realtime.ensure_partitions()");
  });
});

/** Shaped like a database that Supabase's own server has migrated, some versions ago. */
const SUPABASE_OBJECTS = `
  create schema auth;
  create function auth.uid() returns uuid language sql as $$ select '00000000-0000-0000-0000-00000000beef'::uuid $$;
  create schema realtime;
  create table realtime.messages (
    topic text not null, extension text not null, payload jsonb, event text, private boolean default false,
    updated_at timestamp not null default now(), inserted_at timestamp not null default now(),
    id uuid not null default gen_random_uuid(), primary key (id, inserted_at)
  ) partition by range (inserted_at);
  comment on table realtime.messages is 'theirs';
  create type realtime.action as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR');
  create function realtime.topic() returns text language sql as $$ select current_setting('realtime.topic', true) $$;
  create table public.published (id int primary key);
  create publication supabase_realtime for table public.published;
  create publication supabase_realtime_messages_publication for table realtime.messages;`;
