import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChangesNode } from "./changes-node.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const ALICE = { role: "authenticated", sub: "a0000000-0000-4000-8000-000000000001" };
const BOB = { role: "authenticated", sub: "b0000000-0000-4000-8000-000000000002" };

async function withTodos(): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
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
    expect(alice.changes[2]?.data).toEqual(
      expect.objectContaining({ type: "DELETE", old_record: { id: 2 }, errors: null }),
    );
    expect(bob.changes.map(({ data }) => data.type)).toEqual(["INSERT", "DELETE"]);
  });
});
