import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Listener, startChangesNode } from "./changes-node.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres({ settings: { wal_level: "logical", wal_writer_delay: "10ms" } });
});
afterAll(() => server[Symbol.asyncDispose]());

const WITHIN_MS = 30_000;

/** A project with these tables, all published and open to everybody. */
async function withTables(ddl: string): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
  await database.query(`${ddl};
    grant usage on schema public to authenticated; grant select on all tables in schema public to authenticated`);
  return database;
}

async function listenTo(node: ReturnType<typeof startChangesNode>, table: string): Promise<Listener> {
  const listener = node.listen([{ table }]);
  await listener.subscribed;
  return listener;
}

/** Type, new row and what is told of the old one. */
const told = (listener: Listener) =>
  listener.changes.map(({ data: { type, record, old_record } }) => [type, record, old_record]);

describe("[6.4] every type, from the commit to the client", () => {
  /** Column type, and two literals of it. */
  const COLUMNS: readonly [type: string, ...literals: string[]][] = [
    ["mood", "'so \"so\"'", "'happy'"],
    ["age", "41", "0"],
    ["tags", `'{a,"b, c",NULL}'`, "'{}'"],
    ["pair", `row(1.50, 'a "b" (c)', '{happy}')`, "row(null, '', null)"],
    ["pair[]", `array[row(1, 'x\\y', null)::pair]`, "'{}'"],
    ["int4[]", "'{{1,2},{3,NULL}}'", "'[2:3]={1,2}'"],
    ["timestamptz[]", `'{"2026-08-21 12:00:00+02",infinity}'`, "null"],
    ["bytea[]", `array['\\x0102'::bytea]`, "null"],
    ["jsonb[]", `array['{"a": 1}'::jsonb]`, "null"],
    ["int4range", "'[1,5)'", "'empty'"],
    ["tstzrange", "'[2026-08-21 12:00:00+00,infinity)'", "'(,)'"],
    ["span", "'[1.0,2.50]'", "'empty'"],
    ["int4multirange", "'{[1,3),[5,7)}'", "'{}'"],
    ["numeric", "12345678901234567890.123456789012345678900", "'-0.00'"],
    ["numeric(10,3)", "1.5", "0"],
    ["float8", "1e-300", "'-0'"],
    ["float4", "0.1", "3.4028235e38"],
    ["bigint", "9223372036854775807", "-9223372036854775808"],
    ["timestamptz", "'infinity'", "'0044-03-15 12:00:00+00 BC'"],
    ["timestamptz", "'12026-08-21 12:00:00.000001+00'", "'2026-08-21 12:00:00.5+02'"],
    ["timestamp", "'-infinity'", "'2026-08-21 12:00:00.123456'"],
    ["date", "'infinity'", "'0044-03-15 BC'"],
    ["timetz", "'12:34:56.7+02'", "'24:00:00'"],
    ["interval", "'1 year 2 mons -3 days 04:05:06.7'", "'0'"],
    ["uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "null"],
    ["inet", "'10.0.0.1/8'", "'::1'"],
    ["text", `e'a "quoted" \\\\ line\\nand é 😀 \\u0001\\u007f\\u0085'`, "''"],
    ["json", `e'{"b": 1,\\n "a": [1.0, "x\\\\ny"]}'`, "'null'"],
    ["jsonb", `'{"b": 1.50, "a": [1e5, null, 12345678901234567890]}'`, "'[]'"],
    ["bool", "true", "false"],
    ["point", "'(1,2)'", "null"],
    ["xml", "'<a>1</a>'", "null"],
    ["pg_lsn", "'16/B374D848'", "null"],
    ["citext", "'AbC'", "null"],
    ["hstore", `'a=>1, "b c"=>NULL'`, "''"],
    ["bit(5)", "'10101'", "null"],
  ];

  test("has the JSON of to_jsonb", async () => {
    const columns = COLUMNS.map(([type], index) => `c${index} ${type}`).join(", ");
    await using database = await withTables("select");
    await using admin = await database.connectAsAdmin();
    await admin.query(`
      create extension hstore; create extension citext;
      create type mood as enum ('sad', 'so "so"', 'happy');
      create domain age as int check (value >= 0); create domain tags as text[];
      create type pair as (n numeric, note text, moods mood[]);
      create type span as range (subtype = numeric);
      create table kinds (id int primary key, ${columns}); grant select on kinds to authenticated;
      alter publication supabase_realtime add table kinds`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "kinds");
    const literals = (at: number) => COLUMNS.map((column) => column[at] ?? "null").join(", ");
    await admin.query(`insert into kinds values (1, ${literals(1)}), (2, ${literals(2)})`);
    await listener.got(2, WITHIN_MS);
    await admin.query("set timezone = 'UTC'");
    for (const [index, [type]] of COLUMNS.entries()) {
      for (const { data, text } of listener.changes) {
        const ours = text.replace(/^.*"record":/s, "").replace(/,"errors":null,"lsn":"[^"]*"}$/, "");
        const { rows } = await admin.query(
          `select $1::jsonb -> 'c${index}' is not distinct from
             coalesce(to_jsonb(c${index}), 'null') as equal, to_jsonb(c${index})::text as theirs
           from kinds where id = $2`,
          [ours, data.record?.id],
        );
        expect(
          rows[0].equal,
          `${type}: ${JSON.stringify(data.record?.[`c${index}`])}, ${rows[0].theirs}`,
        ).toBe(true);
      }
    }
  });

  test("generated columns are told when the publication has them, and cannot be asked for otherwise", async () => {
    await using database = await withTables(`
      create table sums (id int primary key, n int, twice int generated always as (n * 2) stored);
      alter publication supabase_realtime add table sums`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "sums");
    await database.query("insert into sums values (1, 4)");
    await listener.got(1, WITHIN_MS);
    expect(told(listener)).toEqual([["INSERT", { id: 1, n: 4 }, undefined]]);
    await expect(node.listen([{ table: "sums", filter: "twice=eq.8" }]).subscribed).rejects.toThrow(/twice/);

    await database.query("alter publication supabase_realtime set (publish_generated_columns = stored)");
    await database.query("insert into sums values (2, 5)");
    await listener.got(2, WITHIN_MS);
    expect(listener.changes[1]?.data.record).toEqual({ id: 2, n: 5, twice: 10 });
  });
});

describe("replica identity: what is told of the old row [6.4]", () => {
  const UNCHANGED = "repeat('x', 5000)";

  async function change(identity: string): Promise<unknown[]> {
    await using database = await withTables(`
      create table rows (id int primary key, code int not null unique, note text, large text);
      alter table rows alter large set storage external;
      alter publication supabase_realtime add table rows;
      alter table rows replica identity ${identity}`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "rows");
    await database.query(`insert into rows values (1, 10, 'a', ${UNCHANGED})`);
    await database.query("update rows set note = 'b'");
    await database.query("update rows set code = 11");
    await database.query("update rows set id = 2");
    await database.query("delete from rows");
    await listener.got(5, WITHIN_MS);
    const short = (row: Record<string, unknown> | undefined) =>
      row &&
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, name === "large" ? "x" : value]));
    return listener.changes
      .slice(1)
      .map(({ data: { type, record, old_record } }) => [type, short(record), short(old_record)]);
  }

  test("DEFAULT: the key; an unchanged TOAST value is absent", async () => {
    expect(await change("default")).toEqual([
      ["UPDATE", { id: 1, code: 10, note: "b" }, { id: 1 }],
      ["UPDATE", { id: 1, code: 11, note: "b" }, { id: 1 }],
      ["UPDATE", { id: 2, code: 11, note: "b" }, { id: 1 }],
      ["DELETE", undefined, { id: 2 }],
    ]);
  });

  test("FULL: the whole row, and an unchanged TOAST value comes from it", async () => {
    expect(await change("full")).toEqual([
      ["UPDATE", { id: 1, code: 10, note: "b", large: "x" }, { id: 1, code: 10, note: "a", large: "x" }],
      ["UPDATE", { id: 1, code: 11, note: "b", large: "x" }, { id: 1, code: 10, note: "b", large: "x" }],
      ["UPDATE", { id: 2, code: 11, note: "b", large: "x" }, { id: 1, code: 11, note: "b", large: "x" }],
      ["DELETE", undefined, { id: 2, code: 11, note: "b", large: "x" }],
    ]);
  });

  test("INDEX: the columns of the index", async () => {
    expect(await change("using index rows_code_key")).toEqual([
      ["UPDATE", { id: 1, code: 10, note: "b" }, { code: 10 }],
      ["UPDATE", { id: 1, code: 11, note: "b" }, { code: 10 }],
      ["UPDATE", { id: 2, code: 11, note: "b" }, { code: 11 }],
      ["DELETE", undefined, { code: 11 }],
    ]);
  });

  test("NOTHING: rows come in; Postgres itself refuses to change or delete them", async () => {
    await using database = await withTables(`
      create table rows (id int primary key); alter publication supabase_realtime add table rows;
      alter table rows replica identity nothing`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "rows");
    await database.query("insert into rows values (1)");
    await expect(database.query("delete from rows")).rejects.toThrow(/replica identity/);
    await listener.got(1, WITHIN_MS);
    expect(told(listener)).toEqual([["INSERT", { id: 1 }, undefined]]);
  });
});

describe("partitioned tables", () => {
  const PARTITIONED = `
    create table events (id int, region text, note text, primary key (id, region)) partition by list (region);
    create table events_eu partition of events for values in ('eu');
    create table events_us (note text, region text not null, id int not null);
    alter table events attach partition events_us for values in ('us')`;
  const CHANGES = [
    "insert into events values (1, 'eu', 'a'), (2, 'us', 'b')",
    "update events set note = 'c' where id = 2",
    "update events set region = 'us' where id = 1",
    "delete from events where id = 2",
  ];

  test("are themselves to the client when the publication says so, whatever their parts look like", async () => {
    await using database = await withTables(`${PARTITIONED};
      alter publication supabase_realtime set (publish_via_partition_root = true);
      alter publication supabase_realtime add table events`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "events");
    const filtered = node.listen([{ table: "events", filter: "region=eq.us" }]);
    await filtered.subscribed;
    for (const sql of CHANGES) await database.query(sql);
    await listener.got(6, WITHIN_MS);
    expect(told(listener)).toEqual([
      ["INSERT", { id: 1, region: "eu", note: "a" }, undefined],
      ["INSERT", { id: 2, region: "us", note: "b" }, undefined],
      ["UPDATE", { id: 2, region: "us", note: "c" }, { id: 2, region: "us" }],
      ["DELETE", undefined, { id: 1, region: "eu" }],
      ["INSERT", { id: 1, region: "us", note: "a" }, undefined],
      ["DELETE", undefined, { id: 2, region: "us" }],
    ]);
    expect(new Set(listener.changes.map(({ data }) => data.table))).toEqual(new Set(["events"]));
    expect(filtered.changes.map(({ data }) => [data.type, (data.record ?? data.old_record)?.id])).toEqual([
      ["INSERT", 2],
      ["UPDATE", 2],
      ["INSERT", 1],
      ["DELETE", 2],
    ]);
  });

  test("are their parts otherwise", async () => {
    await using database = await withTables(`${PARTITIONED};
      alter publication supabase_realtime add table events`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "*");
    for (const sql of CHANGES) await database.query(sql);
    await listener.got(6, WITHIN_MS);
    expect(listener.changes.map(({ data }) => data.table)).toEqual([
      "events_eu",
      "events_us",
      "events_us",
      "events_eu",
      "events_us",
      "events_us",
    ]);
    expect(listener.changes[1]?.data.record).toEqual({ note: "b", region: "us", id: 2 });
  });
});

describe("values that Postgres has no answer about", () => {
  test("a filter that fails for one value hides that row, is told, and holds up nothing [D5]", async () => {
    await using database = await withTables(`
      create domain duration as interval;
      create table jobs (id int primary key, took duration);
      alter publication supabase_realtime add table jobs`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "jobs", filter: "took=lt.1 month" }]);
    await listener.subscribed;
    // What is committed with the rows may not be seen yet by whoever is asked about them: so it is committed before.
    await using writer = await database.connect();
    await writer.query(
      "begin; insert into jobs values (1, '1 day'), (2, '2 days'), (3, '3 days'), (4, '1 year')",
    );
    await database.query("alter domain duration add constraint no_two check (value <> '2 days') not valid");
    await writer.query("commit");
    await listener.got(2, WITHIN_MS);
    expect(listener.changes.map(({ data }) => data.record?.id)).toEqual([1, 3]);
    await listener.told(/RowsSkipped: 1 rows/, WITHIN_MS);
    await database.query("insert into jobs values (5, '5 days')");
    await listener.got(3, WITHIN_MS);
  });

  test("a value that no longer fits its type is told as its text", async () => {
    await using database = await withTables("select");
    await using admin = await database.connectAsAdmin();
    await admin.query(`
      create extension hstore; create domain bag as hstore;
      create table bags (id int primary key, bag bag); grant select on bags to authenticated;
      alter publication supabase_realtime add table bags`);
    await using node = startChangesNode(database);
    const listener = await listenTo(node, "bags");
    await using writer = await database.connectAsAdmin();
    await writer.query("begin; insert into bags values (1, 'a=>1'); insert into bags values (2, 'b=>1')");
    await admin.query("alter domain bag add constraint no_a check (not (value ? 'a')) not valid");
    await writer.query("commit");
    await listener.got(2, WITHIN_MS);
    expect(listener.changes.map(({ data }) => data.record)).toEqual([
      { id: 1, bag: '"a"=>"1"' },
      { id: 2, bag: { b: "1" } },
    ]);
  });
});
