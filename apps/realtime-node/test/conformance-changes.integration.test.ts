import { randomUUID } from "node:crypto";
import { updateSettings } from "@tidewire/db/projects";
import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { Vsn } from "@tidewire/testkit/phoenix-wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

/** Section 6 of the protocol on the whole node: what a socket is sent for a row. */
const SQL = `
  create table items (id int primary key, room text, n numeric, note text);
  create table full_items (id int primary key, room text); alter table full_items replica identity full;
  create table own (id int primary key, owner uuid not null, word text);
  alter table own replica identity full; alter table own enable row level security;
  create policy own on own for select to authenticated using (owner = auth.uid());
  create table bare (a int); alter table bare replica identity full;
  create table guarded (a int); alter table guarded replica identity full;
  alter table guarded enable row level security;
  create table partly (id int primary key, shown text, hidden text);
  create table keyless (id int primary key, shown text);
  create table kinds (
    id bigint primary key, whole numeric, real float8, flag bool, at timestamptz, raw bytea, doc jsonb,
    list int[], ref oid, price money, word char(5)
  );
  create table x_y (id int primary key); create table xzy (id int primary key);
  grant select on items, full_items, own, bare, guarded, kinds, x_y, xzy to authenticated;
  revoke all on partly, keyless from anon, authenticated;
  grant select (id, shown) on partly to authenticated;
  grant select (shown) on keyless to authenticated;
  alter publication supabase_realtime add table items, full_items, own, bare, guarded, partly, keyless, kinds, xzy;
`;
const ANN: string = randomUUID();
const BEN: string = randomUUID();

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    sql: SQL,
    limits: { maxJoinsPerSecond: 1_000, maxEventsPerSecond: 10_000 },
  });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const sql = (text: string, values?: unknown[]) => cluster.project.database.query(text, values);

interface Data {
  type: string;
  table: string;
  record?: Record<string, unknown>;
  old_record?: Record<string, unknown>;
  columns: { name: string; type: string }[];
  errors: string[] | null;
  commit_timestamp: string | null;
  lsn: string;
  schema: string;
}

describe.each<Vsn>(["1.0.0", "2.0.0"])("row changes over %s", (vsn) => {
  let topics = 0;
  const newTopic = () => `realtime:changes-${vsn}-${++topics}`;
  const connect = (sub = ANN) => cluster.connect(0, { vsn, apikey: cluster.project.database.token({ sub }) });

  /** A channel with these bindings, confirmed. */
  async function listen(bindings: object[], options: { sub?: string; private?: boolean } = {}) {
    const topic = newTopic();
    const client = await connect(options.sub);
    const { postgres_changes: echoed } = await client.join(topic, { postgres_changes: bindings });
    await confirmed(client, topic);
    return { client, topic, ids: (echoed as { id: number }[]).map(({ id }) => id), ...next(client, topic) };
  }

  const confirmed = (client: PhoenixClient, topic: string) =>
    client.expectFrame({ topic, event: "system", payload: { message: "Subscribed to PostgreSQL" } });

  function next(client: PhoenixClient, topic: string) {
    const frame = async () =>
      (await client.expectFrame({ topic, event: "postgres_changes" })).payload as {
        ids: number[];
        data: Data;
      };
    return { frame, data: async () => (await frame()).data };
  }

  async function refusal(binding: object): Promise<string> {
    const [client, topic] = [await connect(), newTopic()];
    await client.join(topic, { postgres_changes: [binding] });
    const { payload } = await client.expectFrame({ topic, event: "system" });
    expect(payload).toMatchObject({ status: "error", extension: "postgres_changes" });
    return (payload as { message: string }).message;
  }

  test("[R3] names are matched exactly: `_` and `%` are letters, `*` alone is a wildcard", async () => {
    expect(await refusal({ table: "x_y" })).toMatch(/^Unable to subscribe to changes/);
    expect(await refusal({ table: "ite%" })).toMatch(/^Unable to subscribe to changes/);
    const { data } = await listen([{ schema: "*", table: "*" }]);
    await sql("insert into xzy values ($1)", [Number(vsn[0])]);
    expect(await data()).toMatchObject({ schema: "public", table: "xzy", type: "INSERT" });
  });

  test("[R7] [R8] [R12] INSERT, UPDATE and DELETE have their exact keys; TRUNCATE is not delivered", async () => {
    const { client, topic, ids, frame } = await listen([{ event: "*", schema: "public", table: "items" }]);
    await sql("insert into items values (1, 'a', 1, 'x')");
    await sql("update items set note = 'y'");
    await sql("delete from items");
    const common = ["schema", "table", "type", "commit_timestamp", "columns", "errors", "lsn"];
    for (const [type, records] of [
      ["INSERT", ["record"]],
      ["UPDATE", ["record", "old_record"]],
      ["DELETE", ["old_record"]],
    ] as const) {
      const change = await frame();
      expect(change.ids).toEqual(ids);
      expect(Object.keys(change.data).sort()).toEqual([...common, ...records].sort());
      expect(change.data).toMatchObject({
        type,
        schema: "public",
        table: "items",
        errors: null,
        commit_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
        columns: [
          { name: "id", type: "int4" },
          { name: "room", type: "text" },
          { name: "n", type: "numeric" },
          { name: "note", type: "text" },
        ],
      });
      if (type !== "INSERT") expect(change.data.old_record).toEqual({ id: 1 });
    }
    await sql("insert into items values (2); truncate items");
    expect((await frame()).data).toMatchObject({ type: "INSERT", record: { id: 2 } });
    await client.expectSilence(topic);
  });

  test("[R9] every matching binding is in `ids`; bindings that differ in select get frames of their own", async () => {
    const { frame, ids } = await listen([
      { event: "*", schema: "public", table: "items" },
      { event: "INSERT", schema: "public", table: "items", filter: "room=eq.blue" },
      { event: "DELETE", schema: "public", table: "items" },
      { event: "*", schema: "public", table: "items", select: ["note"] },
    ]);
    await sql("insert into items values (10, 'blue', 1, 'x')");
    const [first, second] = [await frame(), await frame()].sort((a, b) => b.ids.length - a.ids.length);
    expect(first?.ids).toEqual([ids[0], ids[1]]);
    expect(second?.ids).toEqual([ids[3]]);
    expect(second?.data.record).toEqual({ id: 10, note: "x" });
    await sql("truncate items");
  });

  test("[R10] what one transaction and the next wrote arrives in commit order, each row once", async () => {
    const { client, topic, data } = await listen([{ schema: "public", table: "items" }]);
    await sql("insert into items select n, 'r', n, '' from generate_series(1, 50) n");
    await sql("update items set n = n + 100 where id <= 20");
    const seen: unknown[] = [];
    for (let count = 0; count < 70; count++) {
      const { type, record } = await data();
      seen.push(`${type} ${record?.id} ${record?.n}`);
    }
    expect(seen).toEqual([
      ...Array.from({ length: 50 }, (_, i) => `INSERT ${i + 1} ${i + 1}`),
      ...Array.from({ length: 20 }, (_, i) => `UPDATE ${i + 1} ${i + 101}`),
    ]);
    await client.expectSilence(topic);
    await sql("truncate items");
  });

  test("[R11] values are those of to_jsonb, and exact", async () => {
    const { client, topic } = await listen([{ schema: "public", table: "kinds" }]);
    const texts: string[] = [];
    client.socket.on("message", (bytes) => texts.push(String(bytes)));
    await sql("truncate kinds");
    await sql(`set timezone to 'Asia/Tokyo'; insert into kinds values (9007199254740993,
      12345678901234567890.123456789, 'NaN', true, '2026-01-02T03:04:05.678+02', '\\x0102ff', '{"a": [1, null]}',
      '{1,null,3}', 4000000000, '12.34', 'ab')`);
    const { payload } = await client.expectFrame({ topic, event: "postgres_changes" });
    const text = texts.find((part) => part.includes("postgres_changes"));
    expect(text).toContain('"id":9007199254740993');
    expect(text).toContain('"whole":12345678901234567890.123456789');
    expect((payload as { data: Data }).data.record).toMatchObject({
      real: null,
      flag: true,
      at: "2026-01-02T01:04:05.678+00:00",
      raw: "0102ff",
      doc: { a: [1, null] },
      list: [1, null, 3],
      ref: "4000000000",
      price: "$12.34",
    });
  });

  test("[R17] [R13] a NULL passes no operator but `is` and `isdistinct`; several conditions must all hold", async () => {
    const channels = await Promise.all(
      ["room=neq.red", "room=not.eq.red", "room=is.null", "room=isdistinct.red", "room=eq.blue,n=gt.1"].map(
        (filter) => listen([{ schema: "public", table: "items", filter }]),
      ),
    );
    await sql("insert into items values (1, null, 1), (2, 'blue', 2), (3, 'red', 3), (4, 'blue', 1)");
    const expected = [[2, 4], [2, 4], [1], [1, 2, 4], [2]];
    for (const [index, { client, topic, data }] of channels.entries()) {
      const seen: unknown[] = [];
      for (const _ of expected[index] ?? []) seen.push((await data()).record?.id);
      expect(seen).toEqual(expected[index]);
      await client.expectSilence(topic, 50);
    }
    await sql("truncate items");
  });

  test("[R18] for DELETE a filter sees the old replica identity only", async () => {
    const byKey = await listen([{ schema: "public", table: "items", event: "DELETE", filter: "room=eq.a" }]);
    const full = await listen([
      { schema: "public", table: "full_items", event: "DELETE", filter: "room=eq.a" },
    ]);
    await sql("insert into items (id, room) values (1, 'a'); delete from items");
    await sql("insert into full_items values (1, 'a'), (2, 'b'); delete from full_items");
    expect(await full.data()).toMatchObject({ type: "DELETE", old_record: { id: 1, room: "a" } });
    await byKey.client.expectSilence(byKey.topic);
    await full.client.expectSilence(full.topic, 0);
  });

  test("[R19] a column that may not be read is refused like one that does not exist", async () => {
    const wanted = { schema: "public", table: "partly" };
    expect(await refusal({ ...wanted, filter: "hidden=eq.1" })).toContain("invalid column for filter hidden");
    expect(await refusal({ ...wanted, filter: "absent=eq.1" })).toContain("invalid column for filter absent");
    expect(await refusal({ ...wanted, select: ["hidden"] })).toContain("invalid column for select hidden");
    expect(await refusal({ ...wanted, select: ["absent"] })).toContain("invalid column for select absent");
  });

  test("[R12] [R23] columns the role may not read are cut out; without RLS everybody gets the row", async () => {
    const [ann, ben] = [
      await listen([{ schema: "public", table: "partly" }]),
      await listen([{ schema: "public", table: "partly" }], { sub: BEN }),
    ];
    await sql("truncate partly; insert into partly values (1, 'yes', 'no')");
    for (const { data } of [ann, ben]) {
      expect(await data()).toMatchObject({
        record: { id: 1, shown: "yes" },
        columns: [{ name: "id" }, { name: "shown" }],
      });
    }
  });

  test("[R21] [R22] with RLS: new rows by policy; deletes to all with the key only, or as the project says", async () => {
    const [ann, ben] = [
      await listen([{ schema: "public", table: "own" }]),
      await listen([{ schema: "public", table: "own" }], { sub: BEN }),
    ];
    await sql("insert into own values (1, $1, 'hers'), (2, $2, 'his')", [ANN, BEN]);
    // Each row is judged as it is when it is checked: the next change waits for that.
    expect(await ann.data()).toMatchObject({ type: "INSERT", record: { id: 1 } });
    expect(await ben.data()).toMatchObject({ type: "INSERT", record: { id: 2 } });
    await sql("update own set owner = $1 where id = 1", [BEN]);
    expect(await ben.data()).toMatchObject({ type: "UPDATE", record: { id: 1, owner: BEN } });
    await sql("delete from own where id = 2");
    for (const { data } of [ann, ben]) {
      expect(await data()).toMatchObject({ type: "DELETE", old_record: { id: 2 } });
    }
    await setDeletes("none");
    await sql("delete from own where id = 1");
    await ben.client.expectSilence(ben.topic);
    await setDeletes("compatible");
  });

  test("[R24] a table without a key: Error 400 under RLS, normal rows without; DELETE is always normal", async () => {
    const [bare, guarded] = [
      await listen([{ schema: "public", table: "bare" }]),
      await listen([{ schema: "public", table: "guarded" }]),
    ];
    for (const table of ["bare", "guarded"])
      await sql(`insert into ${table} values (1); delete from ${table}`);
    expect(await bare.data()).toMatchObject({ type: "INSERT", record: { a: 1 }, errors: null });
    expect(await bare.data()).toMatchObject({ type: "DELETE", old_record: { a: 1 }, errors: null });
    expect(await guarded.data()).toMatchObject({
      type: "INSERT",
      record: {},
      columns: [],
      commit_timestamp: null,
      errors: ["Error 400: Bad Request, no primary key"],
    });
    expect(await guarded.data()).toMatchObject({ type: "DELETE", errors: null });
  });

  test("[R25] a role without SELECT on the key: Error 401, and an empty old record for DELETE", async () => {
    const { data } = await listen([{ schema: "public", table: "keyless" }]);
    await sql("insert into keyless values (1, 's'); delete from keyless");
    expect(await data()).toMatchObject({ type: "INSERT", record: {}, errors: ["Error 401: Unauthorized"] });
    expect(await data()).toMatchObject({ type: "DELETE", old_record: {}, errors: null });
  });

  test("[R26] a row over 1 MiB keeps its small values", async () => {
    const { data } = await listen([{ schema: "public", table: "items" }]);
    await sql("insert into items values (1, 'small', 1, repeat('x', 1100000))");
    const { record, errors } = await data();
    expect(record).toEqual({ id: 1, room: "small", n: 1 });
    expect(errors).toEqual(["Error 413: Payload Too Large"]);
    await sql("truncate items");
  });

  test("[R29] a private flag does not matter to row changes", async () => {
    await sql(
      `drop policy if exists room on realtime.messages;
       create policy room on realtime.messages for select to authenticated using (true)`,
    );
    const [client, topic] = [await connect(), newTopic()];
    await client.join(topic, { private: true, postgres_changes: [{ schema: "public", table: "items" }] });
    await confirmed(client, topic);
    await sql("insert into items values (1)");
    expect(await next(client, topic).data()).toMatchObject({ record: { id: 1 } });
    await sql("truncate items");
  });

  test("[R30] a table added to the publication reaches bindings that were there before", async () => {
    const { client, topic } = await listen([{ schema: "public" }]);
    const table = `later_${vsn[0]}`;
    await sql(`create table ${table} (id int primary key); grant select on ${table} to authenticated;
      alter publication supabase_realtime add table ${table}`);
    await sql(`insert into ${table} values (1)`);
    await client.expectFrame({ topic, event: "postgres_changes", payload: { data: { table } } });
  });
});

/** As set in the dashboard; resolves when the node obeys. */
async function setDeletes(deletes: "none" | "compatible"): Promise<void> {
  const { ref } = cluster.project;
  const { version } = await updateSettings(cluster.control.plane.db, ref, { deletes });
  await eventually(() => expect(cluster.nodes[0]?.projects.peek(ref)?.record.version).toBe(version));
}
