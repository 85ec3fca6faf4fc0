import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryBroker } from "../src/bus/memory-bus.ts";
import { systemClock } from "../src/clock.ts";
import { startChangesNode } from "./changes-node.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const ALICE = { role: "authenticated", sub: "a0000000-0000-4000-8000-000000000001" };
const BOB = { role: "authenticated", sub: "b0000000-0000-4000-8000-000000000002" };

async function withTodos(on: TestPostgres = server): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(on);
  await database.query(`
    create table todos (id int primary key, owner uuid, task text, done bool default false);
    alter table todos enable row level security;
    create policy own on todos for select to authenticated using (owner = auth.uid());
    grant select on todos to authenticated;
    create table notes (id bigint generated always as identity primary key, room text, body text);
    grant select on notes to authenticated, anon;
    alter publication supabase_realtime add table todos, notes;`);
  return database;
}

describe("row changes [6]", () => {
  test("two users see only their own rows: INSERT, UPDATE, DELETE", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const [alice, bob] = [node.listen([{ table: "todos" }], ALICE), node.listen([{ table: "todos" }], BOB)];
    await Promise.all([alice.subscribed, bob.subscribed]);

    await database.query("insert into todos values (1, $1, 'a'), (2, $2, 'b')", [ALICE.sub, BOB.sub]);
    // A row that is gone before it is checked is not delivered (12.32).
    await Promise.all([alice.got(1), bob.got(1)]);
    await database.query("update todos set task = 'A' where id = 1");
    await database.query("delete from todos where id = 2");

    await alice.got(3);
    await bob.got(2);
    expect(alice.changes.map(({ data }) => [data.type, data.record?.id ?? data.old_record?.id])).toEqual([
      ["INSERT", 1],
      ["UPDATE", 1],
      ["DELETE", 2],
    ]);
    expect(alice.changes[1]?.data).toMatchObject({
      schema: "public",
      table: "todos",
      record: { id: 1, owner: ALICE.sub, task: "A", done: false },
      old_record: { id: 1 },
      errors: null,
      columns: [
        { name: "id", type: "int4" },
        { name: "owner", type: "uuid" },
        { name: "task", type: "text" },
        { name: "done", type: "bool" },
      ],
    });
    expect(alice.changes[0]?.data).not.toHaveProperty("old_record");
    expect(alice.changes[2]?.data).toMatchObject({ type: "DELETE", old_record: { id: 2 }, errors: null });
    expect(alice.changes[2]?.data).not.toHaveProperty("record");
    expect(bob.changes.map(({ data }) => data.type)).toEqual(["INSERT", "DELETE"]);
  });

  test("[6.5] a committed row waits until its transaction can be seen, and is then judged", async () => {
    // Only who asks for it waits for a standby, which never comes.
    await using standbyless = await startTestPostgres({
      settings: { synchronous_standby_names: "nobody", synchronous_commit: "local" },
    });
    await using database = await withTodos(standbyless);
    await using node = startChangesNode(database);
    const alice = node.listen([{ table: "todos" }], ALICE);
    await alice.subscribed;
    await using admin = await database.connectAsAdmin();
    await using writer = await database.connect();
    await writer.query("set synchronous_commit = on");
    const inserted = writer.query("insert into todos values (1, $1, 'late')", [ALICE.sub]);
    // The commit is written, and streamed, but nobody sees it.
    await eventually(async () => {
      const { rowCount } = await admin.query("select from pg_stat_activity where wait_event = 'SyncRep'");
      return rowCount === 1;
    });
    await eventually(() => (node.homes.snapshot(database.ref)?.lagMs ?? 0) > 300);
    expect(alice.changes).toEqual([]);
    await admin.query("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
    await inserted;
    expect((await alice.got(1))[0]?.data.record).toMatchObject({ task: "late" });
  });

  test("[P8] whatever commits after the reply is delivered, from a cold start on", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    for (let round = 1; round <= 20; round++) {
      const listener = node.listen([{ table: "notes" }]);
      const { lsn } = await listener.subscribed;
      expect(listener.systems).toEqual([
        expect.objectContaining({ message: "Subscribed to PostgreSQL", lsn }),
      ]);
      await database.query("insert into notes (body) values ($1)", [String(round)]);
      const [change] = await listener.got(1);
      expect(change?.data.record?.body).toBe(String(round));
      listener.leave();
    }
  });

  test("[6.2] filters choose rows; equal bindings give their ids in one frame [12.29]", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const blue = node.listen([
      { table: "notes", filter: "room=eq.blue" },
      { table: "notes", filter: "room=eq.blue" },
      { table: "notes", event: "UPDATE" },
    ]);
    const many = node.listen([{ table: "notes", filter: "room=in.(red,blue),body=like.a%" }]);
    const either = node.listen([{ table: "notes", filter: "or(room.eq.red,body.eq.z)" }]);
    await Promise.all([blue.subscribed, many.subscribed, either.subscribed]);
    await database.query(
      "insert into notes (room, body) values ('red', 'a1'), ('blue', 'b2'), ('blue', 'a3'), (null, 'z')",
    );
    await database.query("update notes set body = 'last' where body = 'a3'");
    await blue.got(3);
    expect(blue.changes.map(({ ids }) => ids)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2, 3],
    ]);
    await many.got(2);
    expect(many.column("body")).toEqual(["a1", "a3"]);
    await either.got(2);
    expect(either.column("body")).toEqual(["a1", "z"]);
  });

  test("[6.2] what memory cannot compare is asked of Postgres", async () => {
    await using database = await withTodos();
    await database.query(`
      create table things (id int primary key, tags jsonb, span interval);
      grant select on things to authenticated;
      alter publication supabase_realtime add table things;`);
    await using node = startChangesNode(database);
    const tagged = node.listen([{ table: "things", filter: 'tags=eq.{"a":1.0}' }]);
    const long = node.listen([{ table: "things", filter: "span=gt.1 day,id=lt.10" }]);
    await Promise.all([tagged.subscribed, long.subscribed]);
    await database.query(
      `insert into things values (1, '{"a":1}', '25 hours'), (2, '{"a":2}', '24 hours'), (11, null, '9 days')`,
    );
    await tagged.got(1);
    expect(tagged.column("id")).toEqual([1]);
    await long.got(1);
    expect(long.column("id")).toEqual([1]);
  });

  test("[6.2] select cuts the row to its columns and the key; a role without the privilege is refused [12.33]", async () => {
    await using database = await withTodos();
    await database.query("revoke all on notes from anon; grant select (id, room) on notes to anon");
    await using node = startChangesNode(database);
    const some = node.listen([{ table: "notes", select: ["body"] }]);
    const anon = node.listen([{ table: "notes" }], { role: "anon" });
    const refused = node.listen([{ table: "notes", select: ["body"] }], { role: "anon" });
    await Promise.all([some.subscribed, anon.subscribed]);
    await expect(refused.subscribed).rejects.toMatchObject({ code: "RealtimeDisabledForConfiguration" });
    expect(refused.systems[0]?.message).toContain("invalid column for select body");
    await database.query("insert into notes (room, body) values ('r', 'b')");
    expect((await some.got(1))[0]?.data).toMatchObject({ record: { id: 1, body: "b" } });
    expect((await anon.got(1))[0]?.data).toMatchObject({
      record: { id: 1, room: "r" },
      columns: [
        { name: "id", type: "int8" },
        { name: "room", type: "text" },
      ],
    });
  });

  test("[3.12] refusals say what clients know", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const refusal = async (...listening: Parameters<typeof node.listen>) => {
      const listener = node.listen(...listening);
      await listener.subscribed.catch(() => undefined);
      return listener.systems[0]?.message;
    };
    expect(await refusal([{ table: "absent" }])).toBe(
      "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: absent, filters: [], select: nil]",
    );
    expect(await refusal([{ table: "notes", filter: "nope=eq.1" }])).toContain(
      "invalid column for filter nope",
    );
    expect(await refusal([{ table: "notes", filter: "id=eq.x" }])).toContain(
      'ERROR 22P02 (invalid_text_representation) invalid input syntax for type bigint: "x"',
    );
    expect(await refusal([{ table: "notes", filter: "id=like.1%" }])).toContain(
      "operator like requires a text-compatible column type, got bigint",
    );
    expect(await refusal([{ table: "notes", filter: "body=match.(" }])).toContain(
      "invalid regular expression for match filter: parentheses () not balanced",
    );
    expect(await refusal([{ table: "notes" }], { role: "nobody" })).toContain(
      'ERROR 42704 (undefined_object) role "nobody" does not exist',
    );
    expect(await refusal([{ table: "notes" }, { table: "absent" }])).toContain("table: absent");
  });

  test("[6.5, 12.31] rows without a key, and keys that may not be read", async () => {
    await using database = await withTodos();
    await database.query(`
      create table bare (a int, b int); alter table bare replica identity full;
      create table guarded (a int, b int); alter table guarded replica identity full;
      alter table guarded enable row level security;
      create table hidden (id int primary key, b int);
      grant select on bare, guarded to authenticated;
      revoke all on hidden from authenticated; grant select (b) on hidden to authenticated;
      alter publication supabase_realtime add table bare, guarded, hidden;`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ schema: "public" }], { role: "authenticated", sub: ALICE.sub });
    await listener.subscribed;
    for (const table of ["bare", "guarded", "hidden"]) {
      await database.query(`insert into ${table} values (1, 2)`);
      await database.query(`update ${table} set b = 3`);
      await database.query(`delete from ${table}`);
    }
    await listener.got(9);
    const of = (table: string) =>
      listener.changes.map(({ data }) => data).filter((data) => data.table === table);
    expect(of("bare")).toMatchObject([
      { type: "INSERT", record: { a: 1, b: 2 }, errors: null },
      { type: "UPDATE", record: { a: 1, b: 3 }, old_record: { a: 1, b: 2 } },
      { type: "DELETE", old_record: { a: 1, b: 3 } },
    ]);
    expect(of("guarded")).toMatchObject([
      {
        type: "INSERT",
        commit_timestamp: null,
        columns: [],
        record: {},
        errors: ["Error 400: Bad Request, no primary key"],
      },
      { type: "UPDATE", record: {}, old_record: {}, errors: ["Error 400: Bad Request, no primary key"] },
      { type: "DELETE", old_record: { a: 1, b: 3 }, errors: null },
    ]);
    expect(of("hidden")).toMatchObject([
      { type: "INSERT", record: {}, columns: [], errors: ["Error 401: Unauthorized"] },
      { type: "UPDATE", record: {}, old_record: {}, errors: ["Error 401: Unauthorized"] },
      { type: "DELETE", old_record: {}, columns: [{ name: "b", type: "int4" }], errors: null },
    ]);
  });

  test("[6.4] TOAST, large rows, numbers beyond 2^53", async () => {
    await using database = await withTodos();
    await database.query(`
      create table big (id bigint primary key, small text, large text);
      alter table big alter large set storage external;
      grant select on big to authenticated; alter publication supabase_realtime add table big;`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "big" }]);
    await listener.subscribed;
    await database.query("insert into big values (9007199254740993, 's', repeat('x', 5000))");
    await database.query("update big set small = 't'");
    await database.query("update big set large = repeat('y', 1200000)");
    await listener.got(3);
    expect(listener.changes[0]?.text).toContain('"id":9007199254740993');
    expect(listener.changes[1]?.data.record).toMatchObject({ small: "t" });
    expect(listener.changes[1]?.data.record).not.toHaveProperty("large");
    expect(listener.changes[2]?.data).toMatchObject({
      record: { small: "t" },
      errors: ["Error 413: Payload Too Large"],
    });
    expect(listener.changes[2]?.data.record).not.toHaveProperty("large");
  });

  test("[D9] deletes may be withheld", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database, { settings: { deletes: "authorized" } });
    const alice = node.listen([{ schema: "public" }], ALICE);
    await alice.subscribed;
    await database.query("insert into todos values (1, $1, 'a')", [ALICE.sub]);
    await alice.got(1);
    await database.query("delete from todos");
    await database.query("insert into notes (body) values ('n')");
    await database.query("delete from notes");
    await alice.got(3);
    expect(alice.changes.map(({ data }) => [data.table, data.type])).toEqual([
      ["todos", "INSERT"],
      ["notes", "INSERT"],
      ["notes", "DELETE"],
    ]);
  });
});

describe("the database changes under way", () => {
  test("a changed policy and a new table count within seconds, and no row is lost", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const bob = node.listen([{ schema: "public" }], BOB);
    await bob.subscribed;
    await database.query("insert into todos values (1, $1, 'hidden')", [ALICE.sub]);
    await database.query("create policy all_of_it on todos for select to authenticated using (true)");
    await eventually(async () => {
      await database.query("insert into todos (id, owner) select max(id) + 1, $1 from todos", [ALICE.sub]);
      return bob.changes.length > 0;
    });
    await database.query(`create table fresh (id int primary key); grant select on fresh to authenticated;
      alter publication supabase_realtime add table fresh; insert into fresh values (1), (2)`);
    await eventually(() => bob.changes.filter(({ data }) => data.table === "fresh").length === 2);
    const ids = bob.changes
      .filter(({ data }) => data.table === "todos")
      .map(({ data }) => Number(data.record?.id));
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
  });

  test("a column added, a table dropped and made again: the next row has its new shape", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes (body) values ('1')");
    await database.query("alter table notes add column extra jsonb default '{}'");
    await database.query("insert into notes (body) values ('2')");
    await listener.got(2);
    await database.query(`drop table notes; create table notes (id text primary key);
      grant select on notes to authenticated; alter publication supabase_realtime add table notes`);
    await database.query("insert into notes values ('3')");
    await listener.got(3);
    expect(listener.changes.map(({ data }) => data.record)).toEqual([
      { id: 1, room: null, body: "1" },
      { id: 2, room: null, body: "2", extra: {} },
      { id: "3" },
    ]);
  });

  test("a policy that fails hides its rows from its class, and the class is told [D5]", async () => {
    await using database = await withTodos();
    await database.query(`
      create function strict(id int) returns bool language plpgsql as $$
      begin if id = 2 then raise exception 'no'; end if; return true; end $$;
      drop policy own on todos; create policy strict on todos for select using (strict(id))`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "todos" }], ALICE);
    await listener.subscribed;
    await database.query("insert into todos (id) values (1), (2), (3)");
    await listener.got(2);
    expect(listener.column("id")).toEqual([1, 3]);
    expect(await listener.told(/RowsSkipped/)).toMatchObject({ status: "error", skipped: 1 });
  });

  test("a token refresh goes over to the new claims without a gap", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }], { ...ALICE, exp: 1 });
    await listener.subscribed;
    await using writer = await database.connect();
    let stop = false;
    const writing = (async () => {
      let count = 0;
      while (!stop) await writer.query("insert into notes (body) values ($1)", [String(++count)]);
      return count;
    })();
    for (let round = 2; round < 8; round++) await listener.renew({ ...ALICE, exp: round });
    stop = true;
    const count = await writing;
    await listener.got(count);
    expect(listener.column("body")).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
    expect(listener.systems.filter(({ message }) => message === "Subscribed to PostgreSQL")).toHaveLength(7);
  });
});

describe("losses [P6, D12]", () => {
  test("a walsender killed under load: nothing lost, nothing twice, in order, announced and closed", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const [rows, own] = [node.listen([{ table: "notes" }]), node.listen([{ table: "todos" }], ALICE)];
    await Promise.all([rows.subscribed, own.subscribed]);
    await using writer = await database.connect();
    await using admin = await database.connectAsAdmin();
    let stop = false;
    const writing = (async () => {
      let count = 0;
      while (!stop) {
        count++;
        await writer.query("insert into notes (body) values ($1)", [String(count)]);
        await writer.query("insert into todos (id, owner) values ($1, $2)", [count, ALICE.sub]);
      }
      return count;
    })();
    for (let kill = 0; kill < 5; kill++) {
      await eventually(async () => {
        const { rowCount } = await admin.query(
          "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active",
          [`tidewire_${database.ref}`],
        );
        return rowCount === 1;
      });
      await eventually(
        () => rows.systems.filter(({ message }) => message === "Recovered").length === kill + 1,
        {
          withinMs: 15_000,
        },
      );
    }
    stop = true;
    const count = await writing;
    const all = Array.from({ length: count }, (_, index) => index + 1);
    await rows.got(count);
    await own.got(count);
    expect(rows.column("body")).toEqual(all.map(String));
    expect(own.column("id")).toEqual(all);
    const told = rows.systems.slice(1).map(({ status, complete }) => [status, complete]);
    expect(told).toEqual(
      Array.from({ length: 5 }, () => [
        ["error", undefined],
        ["ok", true],
      ]).flat(),
    );
  });

  test("a restarted Postgres: told within a second, rows committed meanwhile arrive once, then `Recovered`", async () => {
    await using own = await startTestPostgres();
    await using database = await createProjectDatabase(own);
    await database.query(`create table notes (id int primary key); grant select on notes to authenticated;
      alter publication supabase_realtime add table notes`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes values (1)");
    await listener.got(1);
    const stoppedAtMs = Date.now();
    await own.stop("immediate");
    const lost = await listener.told(/^DatabaseUnavailable/, 1_000);
    expect(Date.now() - stoppedAtMs).toBeLessThan(1_500);
    expect(lost).toMatchObject({ status: "error", extension: "postgres_changes", since: expect.any(String) });
    await own.start();
    await database.query("insert into notes values (2), (3)");
    await listener.got(3);
    expect(await listener.told(/^Recovered$/)).toMatchObject({ complete: true, from_lsn: lost.lsn });
    expect(listener.column("id")).toEqual([1, 2, 3]);
  });

  test("a slot that is gone is made again, and the exact gap announced", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await using admin = await database.connectAsAdmin();
    await eventually(() =>
      admin
        .query(
          "select pg_terminate_backend(active_pid), pg_drop_replication_slot(slot_name) from pg_replication_slots",
        )
        .then(() => true),
    );
    const gap = await listener.told(/^ReplicationGap/);
    expect(gap).toMatchObject({ status: "error", complete: false });
    await database.query("insert into notes (body) values ('after')");
    expect((await listener.got(1))[0]?.data.record?.body).toBe("after");
  });

  test("a home that loses its stream and then its place: the next one closes what it announced", async () => {
    await using database = await withTodos();
    const broker = new MemoryBroker();
    await using first = startChangesNode(database, { name: "n1", broker });
    await using second = startChangesNode(database, { name: "n2", broker });
    const early = first.listen([{ table: "notes" }]);
    await early.subscribed;
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    await using admin = await database.connectAsAdmin();
    // Somebody else takes the lock in the moment of the loss, and gives it back when the home has stepped down.
    const locked =
      "select pg_advisory_lock(objid::bigint | (classid::bigint << 32)) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
    const taking = admin.query(locked);
    await using killer = await database.connectAsAdmin();
    await killer.query(
      "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1",
      [`tidewire_${database.ref}`],
    );
    await taking;
    await listener.told(/^DatabaseUnavailable/);
    await database.query("insert into notes (body) values ('meanwhile')");
    await eventually(() => first.homes.snapshot(database.ref) === null);
    await admin.query("select pg_advisory_unlock_all()");
    await listener.told(/^Recovered$/, 15_000);
    await early.told(/^Recovered$/, 15_000);
    await listener.got(1);
    await early.got(1);
  });

  test("the home's end: another node takes over, nothing is lost, nothing comes twice", async () => {
    await using database = await withTodos();
    const broker = new MemoryBroker();
    const first = startChangesNode(database, { name: "n1", broker });
    await using second = startChangesNode(database, { name: "n2", broker });
    const early = first.listen([{ table: "notes" }]);
    await early.subscribed;
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    expect(first.homes.snapshot(database.ref)).toMatchObject({ state: "streaming", shapes: 1 });
    expect(second.homes.snapshot(database.ref)).toBeNull();
    await using writer = await database.connect();
    let stop = false;
    const writing = (async () => {
      let count = 0;
      while (!stop) await writer.query("insert into notes (body) values ($1)", [String(++count)]);
      return count;
    })();
    await eventually(() => listener.changes.length > 20);
    early.leave();
    await first.close();
    await eventually(() => second.homes.snapshot(database.ref)?.state === "streaming");
    const before = listener.changes.length;
    await eventually(() => listener.changes.length > before + 20);
    stop = true;
    const count = await writing;
    await listener.got(count);
    expect(listener.column("body")).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
  });
});

describe("slots", () => {
  const slotsOf = async ({ ref, connectAsAdmin }: ProjectDatabase) => {
    await using admin = await connectAsAdmin();
    const slots = await admin.query("select active from pg_replication_slots where slot_name = $1", [
      `tidewire_${ref}`,
    ]);
    const sessions = await admin.query("select from pg_stat_activity where application_name = $1", [
      `tidewire_${ref}`,
    ]);
    return { slots: slots.rowCount, sessions: sessions.rowCount };
  };

  test("one that retains more than it may is given up, and the gap announced", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database, { settings: { slotRetainedBytesMax: 1 } });
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes (body) values ('before')");
    expect(await listener.told(/^ReplicationGap/)).toMatchObject({ complete: false });
    const { reason } = node.homes.snapshot(database.ref)?.outages[0] ?? {};
    expect(reason).toContain("retained more than the project allows");
  });

  test("a project that nobody uses for ten minutes gives everything back, and begins again when it is needed", async () => {
    await using database = await withTodos();
    let passedMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + passedMs };
    await using node = startChangesNode(database, { clock });
    const first = node.listen([{ table: "notes" }]);
    await first.subscribed;
    first.leave();
    await eventually(() => node.homes.snapshot(database.ref)?.shapes === 0);
    passedMs = 11 * 60_000;
    expect(await slotsOf(database)).toMatchObject({ slots: 1 });
    node.inUse.clear();
    passedMs += 11 * 60_000;
    await eventually(async () => expect(await slotsOf(database)).toEqual({ slots: 0, sessions: 0 }));
    expect(node.homes.refs).toEqual([]);
    const second = node.listen([{ table: "notes" }]);
    await second.subscribed;
    await database.query("insert into notes (body) values ('again')");
    expect((await second.got(1))[0]?.data.record?.body).toBe("again");
  });

  test("a deleted project leaves no slot behind, whether it has a home here or not", async () => {
    await using database = await withTodos();
    {
      await using node = startChangesNode(database);
      const listener = node.listen([{ table: "notes" }]);
      await listener.subscribed;
      listener.leave();
      node.inUse.clear();
      await node.homes.release(database.ref);
      await eventually(async () => expect(await slotsOf(database)).toEqual({ slots: 0, sessions: 0 }));
      await node.listen([{ table: "notes" }]).subscribed;
    }
    await eventually(async () => expect(await slotsOf(database)).toEqual({ slots: 1, sessions: 0 }));
    await using other = startChangesNode(database, { name: "n2" });
    await other.homes.release(database.ref);
    await eventually(async () => expect(await slotsOf(database)).toEqual({ slots: 0, sessions: 0 }));
  });

  test("a publication made later is streamed too", async () => {
    await using database = await withTodos();
    await database.query("drop publication supabase_realtime");
    await using node = startChangesNode(database);
    const early = node.listen([{ table: "notes" }]);
    await expect(early.subscribed).rejects.toMatchObject({ code: "RealtimeDisabledForConfiguration" });
    await database.query("create publication supabase_realtime for table notes");
    const late = await eventually(async () => {
      const listener = node.listen([{ table: "notes" }]);
      await listener.subscribed;
      return listener;
    });
    await eventually(async () => {
      await database.query("insert into notes (body) values ('x')");
      return late.changes.length > 0;
    });
    expect(late.systems.filter(({ status }) => status === "error")).toEqual([]);
  });
});

describe("what the replication page is told", () => {
  test("stages, slot, tables and classes", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const listeners = [ALICE, { ...ALICE, exp: 5 }, BOB].map((claims) =>
      node.listen([{ table: "todos" }], claims),
    );
    await Promise.all(listeners.map(({ subscribed }) => subscribed));
    await database.query("insert into todos select n, $1 from generate_series(1, 50) n", [ALICE.sub]);
    await listeners[0]?.got(50);
    const snapshot = await eventually(() => {
      const found = node.homes.snapshot(database.ref);
      if (found?.slot === undefined || found.walStatus === undefined || found.lagMs === undefined)
        throw new Error("no status");
      return found;
    });
    expect(snapshot).toMatchObject({
      node: "n1",
      region: "local",
      state: "streaming",
      shapes: 2,
      walStatus: "reserved",
    });
    expect(snapshot.tables).toContainEqual({
      schema: "public",
      table: "todos",
      rls: true,
      changes: 50,
      classes: 2,
    });
    expect(snapshot.stages.receive?.count).toBe(50);
    expect(snapshot.stages.socket?.count).toBe(50);
    expect(snapshot.total.p99).toBeLessThan(5_000);
    expect(snapshot.pool.size).toBe(2);
  });
});
