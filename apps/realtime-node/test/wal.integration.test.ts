import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient, type TestClient } from "@tidewire/testkit/project-database";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { parseLsn } from "../src/wal/lsn.ts";
import { toReplicationRefusal } from "../src/wal/postgres-error.ts";
import type { Relation, RowChange } from "../src/wal/row-change.ts";
import { sessionOf } from "../src/wal/session.ts";
import { dropSlot, ensureSlot, slotStatus } from "../src/wal/slot.ts";
import { WalStream, type WalStreamOptions } from "../src/wal/stream.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

let databases = 0;

/** A database of its own, with table `t` published. */
async function createDatabase(): Promise<{ url: string; client: TestClient } & AsyncDisposable> {
  const name = `wal${++databases}`;
  await using admin = await openClient(server.url());
  await admin.query(`create database ${name}`);
  const client = await openClient(server.url(name));
  await client.query("create table t (id int primary key, note text); create publication p for table t");
  return { url: server.url(name), client, [Symbol.asyncDispose]: () => client.end() };
}

function open(url: string, options: Partial<WalStreamOptions> = {}): Promise<WalStream> {
  const slot = `slot_${databases}`;
  return WalStream.open({
    databaseUrl: url,
    slot,
    clock: systemClock,
    isWanted: () => true,
    prepare: async (session) => ({
      publications: ["p"],
      confirmedLsn: (await ensureSlot(session, slot)).fromLsn,
    }),
    ...options,
  });
}

/** Reads and acknowledges until there are `count` changes. */
async function read(stream: WalStream, count: number): Promise<RowChange[]> {
  const changes: RowChange[] = [];
  while (changes.length < count) {
    const batch = await stream.next(1_000);
    if (batch === null) throw await stream.ended;
    changes.push(...batch.changes);
    stream.done(batch);
  }
  return changes;
}

const ids = (changes: RowChange[]) => changes.map(({ newTuple }) => Number(newTuple?.[0]));
const range = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe("the stream", () => {
  test("rows come in order with their commit; what was acknowledged does not come again, the rest does", async () => {
    await using database = await createDatabase();
    let stream = await open(database.url);
    await database.client.query("insert into t select n, 'a' from generate_series(1, 100) n");
    const first = await read(stream, 100);
    expect(ids(first)).toEqual(range(100));
    expect(new Set(first.map(({ commitLsn }) => commitLsn)).size).toBe(1);
    expect(first.map(({ ordinal }) => ordinal)).toEqual(range(100, 0));
    expect(Math.abs(Date.now() - (first[0]?.commitMs ?? 0))).toBeLessThan(10_000);
    await database.client.query("insert into t values (101, 'b')");
    const unacknowledged = await stream.next(1_000);
    expect(unacknowledged && ids(unacknowledged.changes)).toEqual([101]);
    await stream.close();
    stream = await eventually(() => open(database.url));
    expect(ids(await read(stream, 1))).toEqual([101]);
    await stream.close();
  });

  test("commits that follow each other byte to byte are acknowledged one by one: none is skipped", async () => {
    await using database = await createDatabase();
    const writers = await Promise.all(range(8).map(() => openClient(database.url)));
    let stream = await open(database.url);
    const perWriter = 40;
    const writing = Promise.all(
      writers.map(async (writer, index) => {
        for (const n of range(perWriter))
          await writer.query("insert into t values ($1)", [index * perWriter + n]);
      }),
    );
    const seen = new Set<number>();
    while (seen.size < writers.length * perWriter) {
      const batch = await stream.next(2);
      if (batch === null) throw await stream.ended;
      for (const id of ids(batch.changes)) seen.add(id);
      stream.done(batch);
      if (seen.size % 3 === 0) {
        await stream.close();
        stream = await eventually(() => open(database.url));
      }
    }
    await writing;
    await stream.close();
    await Promise.all(writers.map((writer) => writer.end()));
  });

  test("a consumer slower than wal_sender_timeout keeps its connection, and its memory bounded", async () => {
    await using database = await createDatabase();
    const stream = await open(database.url, { queuedBytesMax: 200_000, senderTimeoutMs: 2_000 });
    await database.client.query("insert into t select n, repeat('x', 1000) from generate_series(1, 5000) n");
    await eventually(() => stream.isPaused);
    const pausedAtMs = Date.now();
    await eventually(() => Date.now() - pausedAtMs > 3_500, { withinMs: 60_000 });
    // One chunk of the socket may still come through after the pause.
    expect(stream.queued.bytes).toBeLessThan(600_000);
    expect(ids(await read(stream, 5_000))).toEqual(range(5_000));
    await stream.close();
  });

  test("an idle database moves the slot; rows of unpublished tables are none of ours", async () => {
    await using database = await createDatabase();
    const stream = await open(database.url);
    await database.client.query("create table other as select n from generate_series(1, 1000) n");
    const { rows } = await database.client.query("select pg_current_wal_flush_lsn()::text as lsn");
    const written = parseLsn(rows[0].lsn);
    await eventually(() => {
      stream.ping();
      return stream.ackedLsn >= written;
    });
    const status = await slotStatus(sessionOf(database.client), `slot_${databases}`);
    expect(status).toMatchObject({ exists: true, walStatus: "reserved", blocker: undefined });
    await stream.close();
  });

  test("the oldest transaction that writes is named, of whatever database, but another's query is not told", async () => {
    await using elsewhere = await createDatabase();
    await using database = await createDatabase();
    await elsewhere.client.query(
      "set application_name = 'nightly'; begin; insert into t values (1, 'secret')",
    );
    const { rows } = await elsewhere.client.query(
      "select pg_backend_pid() as pid, current_database() as name",
    );
    const blocker = await eventually(
      async () => (await slotStatus(sessionOf(database.client), "none")).blocker ?? false,
      { withinMs: 30_000 },
    );
    expect(blocker).toMatchObject({
      pid: rows[0].pid,
      application: "nightly",
      database: rows[0].name,
      query: "",
      state: "idle in transaction",
    });
  });

  test("rows of a table nobody wants are counted, not read", async () => {
    await using database = await createDatabase();
    await database.client.query("create table u (id int primary key); alter publication p add table u");
    const stream = await open(database.url, { isWanted: ({ table }: Relation) => table === "t" });
    await database.client.query("begin; insert into u values (1), (2); insert into t values (3); commit");
    const [change] = await read(stream, 1);
    expect(change).toMatchObject({ ordinal: 2, newTuple: ["3", null] });
    await stream.close();
  });

  test("updates, deletes, truncates, changed tables and messages", async () => {
    await using database = await createDatabase();
    const stream = await open(database.url);
    const { client } = database;
    await client.query("insert into t values (1, 'a')");
    await client.query("update t set id = 2 where id = 1");
    await client.query("alter table t replica identity full; alter table t add column more int default 7");
    await client.query("update t set note = 'b'");
    await client.query("delete from t");
    await client.query("truncate t");
    await client.query("select pg_logical_emit_message(true, 'test', 'hello')");
    const seen: unknown[] = [];
    while (seen.length < 6) {
      const batch = await stream.next(1_000);
      if (batch === null) throw await stream.ended;
      seen.push(
        ...batch.changes.map(({ type, oldTuple, newTuple }) => [type, oldTuple, newTuple]),
        ...batch.truncated.map(({ table }) => ["TRUNCATE", table]),
        ...batch.messages.map(({ prefix, content }) => [prefix, content.toString()]),
      );
      stream.done(batch);
    }
    expect(seen).toEqual([
      ["INSERT", undefined, ["1", "a"]],
      ["UPDATE", ["1", undefined], ["2", "a"]],
      ["UPDATE", ["2", "a", "7"], ["2", "b", "7"]],
      ["DELETE", ["2", "b", "7"], undefined],
      ["TRUNCATE", "t"],
      ["test", "hello"],
    ]);
    await stream.close();
  });

  test("values are text in one format, whatever the role's settings", async () => {
    await using database = await createDatabase();
    await database.client.query(`
      alter role current_user set timezone = 'America/New_York';
      alter role current_user set datestyle = 'German'; alter role current_user set bytea_output = 'escape';
      create table v (id int primary key, at timestamptz, on_day date, raw bytea, took interval);
      alter publication p add table v`);
    const stream = await open(database.url);
    await database.client.query(
      "insert into v values (1, '2026-08-21 12:00:00+02', '2026-08-21', '\\x01ff', '90 min')",
    );
    const [change] = await read(stream, 1);
    expect(change?.newTuple).toEqual(["1", "2026-08-21 10:00:00+00", "2026-08-21", "\\x01ff", "01:30:00"]);
    await stream.close();
    await database.client.query("alter role current_user reset all");
  });
});

describe("its end", () => {
  test("a killed backend and a cut cable end it at once, with the reason", async () => {
    await using database = await createDatabase();
    const killed = await open(database.url);
    await database.client.query(
      "select pg_terminate_backend(active_pid) from pg_replication_slots where active",
    );
    expect((await killed.ended).message).toMatch(/terminat/i);
    expect(await killed.next(10)).toBeNull();
    await killed.close();
    await using relay = await startTcpRelay({ port: server.port });
    const cut = await eventually(() => open(relay.via(database.url)));
    relay.cut();
    expect(await cut.ended).toBeInstanceOf(Error);
    await cut.close();
  });

  test("closing takes no longer than a second, even when nobody answers", async () => {
    await using database = await createDatabase();
    await using relay = await startTcpRelay({ port: server.port });
    const stream = await open(relay.via(database.url));
    relay.pause();
    using watch = startStopwatch();
    await stream.close();
    expect(watch.ms).toBeLessThan(1_500);
  });
});

describe("why it does not begin", () => {
  const refusalOf = async (attempt: Promise<unknown>) =>
    toReplicationRefusal(
      await attempt.then(
        () => new Error("began"),
        (error) => error,
      ),
      "stream",
    );

  test("a slot in use", async () => {
    await using database = await createDatabase();
    const stream = await open(database.url);
    expect(await refusalOf(open(database.url))).toMatchObject({ code: "ReplicationSlotBeingUsed" });
    await stream.close();
  });

  test("no walsender, no slot, no logical WAL: named, with the SQL that ends it", async () => {
    await using small = await startTestPostgres({
      settings: { max_wal_senders: "1", max_replication_slots: "1" },
    });
    await using client = await openClient(small.url());
    await client.query("create table t (id int primary key); create publication p for table t");
    const stream = await open(small.url(), {
      slot: "a",
      prepare: async (session) => ({
        publications: ["p"],
        confirmedLsn: (await ensureSlot(session, "a")).fromLsn,
      }),
    });
    const second = () =>
      open(small.url(), {
        slot: "b",
        prepare: async (session) => ({
          publications: ["p"],
          confirmedLsn: (await ensureSlot(session, "b")).fromLsn,
        }),
      });
    const noSender = await refusalOf(second());
    expect(noSender.code).toBe("ReplicationMaxWalSendersReached");
    expect(noSender.message).toContain("ALTER SYSTEM SET max_wal_senders");
    await stream.close();
    const noSlot = await eventually(async () => {
      const refusal = await refusalOf(second());
      expect(refusal.message).toContain("ALTER SYSTEM SET max_replication_slots");
      return refusal;
    });
    expect(noSlot.code).toBe("ReplicationMaxWalSendersReached");
    await eventually(() => dropSlot(sessionOf(client), "a").then(() => true));
    await small.stop();
    await using plain = await startTestPostgres({ settings: { wal_level: "replica" } });
    const notLogical = await refusalOf(open(plain.url()));
    expect(notLogical.code).toBe("StartReplicationFailed");
    expect(notLogical.message).toContain("ALTER SYSTEM SET wal_level = 'logical'");
  });

  test("nobody there, a wrong password", async () => {
    expect(await refusalOf(open("postgresql://x@127.0.0.1:1/x"))).toMatchObject({
      code: "DatabaseUnavailable",
    });
    await using guarded = await startTestPostgres({ password: "right" });
    const url = guarded.url().replace("right", "wrong");
    const refusal = await refusalOf(open(url));
    expect(refusal.message).toContain("password authentication failed");
  });
});
