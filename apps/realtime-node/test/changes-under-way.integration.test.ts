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
