import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChangesNode } from "./changes-node.ts";
import { ALICE, BOB, createTodosDatabase } from "./todos-database.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const withTodos = () => createTodosDatabase(server);

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
    await using database = await createTodosDatabase(standbyless);
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
