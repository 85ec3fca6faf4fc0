import { spawnSync } from "node:child_process";
import { listGaps } from "@tidewire/db/gaps";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, openClient, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { onNotices } from "../src/changes/notices.ts";
import { parseLsn } from "../src/wal/lsn.ts";
import { type Listener, startChangesNode } from "./changes-node.ts";
import { startCluster } from "./harness.ts";
import { UnreliableBus } from "./unreliable-bus.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const LONG_MS = 30_000;
vi.setConfig({ testTimeout: 4 * LONG_MS });

async function withNotes(on: TestPostgres = server): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(on);
  await database.query(`
    create table notes (id int primary key);
    grant select on notes to authenticated;
    alter publication supabase_realtime add table notes;`);
  return database;
}

async function lsnOf(database: ProjectDatabase): Promise<string> {
  return (await database.query("select pg_current_wal_lsn()::text as lsn")).rows[0].lsn;
}

function gapTold({ systems }: Listener) {
  return systems.find(({ complete }) => complete === false);
}

describe("[R33] what is lost for good is told to channels and written down, with the same span", () => {
  test("a slot that retained too much", async () => {
    await using database = await withNotes();
    await using node = startChangesNode(database, { settings: { slotRetainedBytesMax: 1 } });
    const [one, other] = [node.listen([{ table: "notes" }]), node.listen([{ table: "*" }])];
    await Promise.all([one.subscribed, other.subscribed]);
    const before = parseLsn(await lsnOf(database));
    await one.told(/^ReplicationGap/, LONG_MS);
    await eventually(() => node.gaps.length > 0, { withinMs: LONG_MS });
    const [gap] = node.gaps;
    expect(gap).toMatchObject({
      ref: database.ref,
      node: "n1",
      cause: "slot-over-limit",
      tables: ["public.notes"],
      channels: 2,
    });
    expect(gapTold(one)).toMatchObject({ from_lsn: gap?.fromLsn, to_lsn: gap?.toLsn });
    expect(parseLsn(gap?.fromLsn ?? "0/0")).toBeLessThanOrEqual(parseLsn(gap?.toLsn ?? "0/0"));
    expect(parseLsn(gap?.toLsn ?? "0/0")).toBeGreaterThanOrEqual(before);
  });

  test("a slot that was gone when another home took over: the nodes know how far the last one had come", async () => {
    await using database = await withNotes();
    const broker = new MemoryBroker();
    const bus = new UnreliableBus(new MemoryBus(broker));
    const first = startChangesNode(database, { name: "n1", broker, bus });
    await using second = startChangesNode(database, { name: "n2", broker });
    await first.client.status(database.ref, { deadlineMs: LONG_MS });
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    await eventually(() => first.homes.snapshot(database.ref)?.state === "streaming", { withinMs: LONG_MS });
    await database.query("insert into notes values (1)");
    const [seen] = await listener.got(1);
    await second.homes.want(database.ref);
    let hasHeard = false;
    onNotices(second.bus, database.ref, ({ kind }) => {
      hasHeard ||= kind === "home";
    });
    await eventually(() => hasHeard, { withinMs: LONG_MS });
    bus.isCut = true;
    await first.close();
    await using admin = await database.connectAsAdmin();
    await eventually(
      () => admin.query("select pg_drop_replication_slot($1)", [`tidewire_${database.ref}`]).then(() => true),
      { withinMs: LONG_MS },
    );
    await database.query("insert into notes values (2)");
    await listener.told(/^ReplicationGap/, LONG_MS);
    expect(second.gaps).toMatchObject([{ cause: "slot-missing", channels: 1, fromLsn: seen?.data.lsn }]);
    expect(gapTold(listener)).toMatchObject({
      from_lsn: seen?.data.lsn,
      to_lsn: second.gaps[0]?.toLsn,
    });
    await database.query("insert into notes values (3)");
    await listener.got(2, LONG_MS);
    expect(listener.column("id")).toEqual([1, 3]);
  });

  test("a project's first home has lost nothing", async () => {
    await using database = await withNotes();
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes values (1)");
    await listener.got(1);
    await eventually(() => node.homes.snapshot(database.ref)?.lagMs !== undefined);
    expect(node.gaps).toEqual([]);
    expect(listener.systems).toHaveLength(1);
  });

  test("a database put back to the past goes on from there: nothing new is held for something seen", async () => {
    await using own = await startTestPostgres();
    await using database = await withNotes(own);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes values (1)");
    await listener.got(1);
    await using backup = await copyOf(own);
    await eventually(() => node.homes.snapshot(database.ref)?.state === "streaming", { withinMs: LONG_MS });
    await database.query("insert into notes select generate_series(2, 4000)");
    await listener.got(4_000, LONG_MS);
    const lost = await lsnOf(database);
    await backup.restore();
    await listener.told(/^ReplicationGap/, LONG_MS);
    await database.query("insert into notes values (9999)");
    await eventually(() => listener.column("id").at(-1) === 9_999, { withinMs: LONG_MS });
    expect(listener.changes).toHaveLength(4_001);
    expect(node.gaps).toMatchObject([{ cause: "database-rewound", channels: 1 }]);
    expect(parseLsn(node.gaps[0]?.toLsn ?? "0/0")).toBeLessThanOrEqual(parseLsn(lost));
  });
});

test("[R33] the ledger is in the control database, written when that is back if it was away", async () => {
  await using cluster = await startCluster({
    controlServer: "own",
    sql: `create table notes (id int primary key); alter publication supabase_realtime add table notes;`,
  });
  const { ref, keys, database } = cluster.project;
  const client = await cluster.connect(0, { apikey: keys.secret.value });
  await client.join("realtime:room", {
    postgres_changes: [{ event: "*", schema: "public", table: "notes" }],
  });
  await client.expectFrame({ event: "system", payload: { message: "Subscribed to PostgreSQL" } });
  await cluster.controlPostgres.stop();
  await using admin = await database.connectAsAdmin();
  await eventually(
    () =>
      admin
        .query(
          "select pg_terminate_backend(active_pid), pg_drop_replication_slot(slot_name) from pg_replication_slots",
        )
        .then(() => true),
    { withinMs: LONG_MS },
  );
  const told = { event: "system", payload: { complete: false } };
  const { payload } = await client.expectFrame(told, { withinMs: LONG_MS });
  await cluster.controlPostgres.start();
  const [gap] = await eventually(
    async () => {
      const gaps = await listGaps(cluster.control.plane.db, ref, { limit: 10 });
      expect(gaps).toHaveLength(1);
      return gaps;
    },
    { withinMs: 2 * LONG_MS },
  );
  const { from_lsn: fromLsn, to_lsn: toLsn } = payload as Record<string, string>;
  expect(gap).toMatchObject({
    ref,
    cause: "slot-missing",
    tables: ["public.notes"],
    channels: 1,
    fromLsn,
    toLsn,
  });
});

/** What the server has on disk at this moment; it is stopped while that is read and put back. */
async function copyOf(postgres: TestPostgres) {
  await using admin = await openClient(postgres.url());
  const data: string = (await admin.query("show data_directory")).rows[0].data_directory;
  const copy = `${data}.copy`;
  await postgres.stop();
  run("cp", ["-a", data, copy]);
  await postgres.start();
  return {
    async restore() {
      await postgres.stop();
      run("rm", ["-rf", data]);
      run("cp", ["-a", copy, data]);
      await postgres.start();
    },
    async [Symbol.asyncDispose]() {
      run("rm", ["-rf", copy]);
    },
  };
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

describe("[R27] a loss is noticed", () => {
  test("in silence, when nothing is closed: told within a second of it, and recovered when the server speaks again", async () => {
    await using database = await withNotes();
    await using relay = await startTcpRelay({ port: server.port });
    await using node = startChangesNode(database, { databaseUrl: relay.via(database.databaseUrl) });
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await eventually(() => node.homes.snapshot(database.ref)?.lagMs !== undefined, { withinMs: LONG_MS });
    const silentAtMs = Date.now();
    relay.pause();
    const { since } = await listener.told(/^DatabaseUnavailable/, LONG_MS);
    // A busy machine is late with everything; the verdict itself is held to a second by watch.test.ts.
    console.log(`told ${Date.parse(String(since)) - silentAtMs} ms after the last byte`);
    await database.query("insert into notes values (1)");
    relay.resume();
    expect(await listener.told(/^Recovered$/, LONG_MS)).toMatchObject({ complete: true });
    await listener.got(1, LONG_MS);
  });

  test("when Postgres has no walsender left: the reason names the setting and the SQL, and it recovers by itself", async () => {
    await using small = await startTestPostgres({
      settings: { max_wal_senders: "1", max_replication_slots: "2" },
    });
    await using database = await withNotes(small);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await using other = await withNotes(small);
    await using second = startChangesNode(other, { name: "n2" });
    const waiting = second.listen([{ table: "notes" }]);
    const { message } = await waiting.told(/max_wal_senders/, LONG_MS);
    expect(message).toContain("ALTER SYSTEM SET max_wal_senders");
    await node.close();
    await waiting.subscribed;
    await other.query("insert into notes values (1)");
    await waiting.got(1, LONG_MS);
  });
});

describe("seeds of the chaos suite that were red", () => {
  test("[R10] 1: a home that is elected after it had failed says so before it streams, and its nodes register in time", async () => {
    await using own = await startTestPostgres();
    await using database = await withNotes(own);
    const broker = new MemoryBroker();
    const bus = new UnreliableBus(new MemoryBus(broker));
    const first = startChangesNode(database, { name: "n1", broker, bus });
    await using second = startChangesNode(database, { name: "n2", broker });
    await first.client.status(database.ref, { deadlineMs: LONG_MS });
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes values (1)");
    await listener.got(1, LONG_MS);
    bus.isCut = true;
    await own.stop("immediate");
    await first.close();
    const stateOf = () => second.homes.snapshot(database.ref)?.state;
    await eventually(() => stateOf() === "lost", { withinMs: LONG_MS });
    await own.start();
    for (let id = 2; id <= 20; id++) await database.query("insert into notes values ($1)", [id]);
    await listener.told(/^Recovered$/, LONG_MS);
    await listener.got(20, LONG_MS);
    expect(listener.column("id")).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(listener.systems.filter(({ complete }) => complete === false)).toEqual([]);
  });
});

describe("a channel whose node has died", () => {
  test("[R32] misses exactly what was committed between the last change that it saw and its new position", async () => {
    await using database = await withNotes();
    const broker = new MemoryBroker();
    await using home = startChangesNode(database, { name: "n1", broker });
    const stayed = home.listen([{ table: "notes" }]);
    await stayed.subscribed;
    const bus = new UnreliableBus(new MemoryBus(broker));
    const other = startChangesNode(database, { name: "n2", broker, bus });
    const before = other.listen([{ table: "notes" }]);
    await before.subscribed;
    await database.query("insert into notes values (1)");
    await before.got(1, LONG_MS);
    bus.isCut = true;
    await other.close();
    await database.query("insert into notes values (2), (3)");
    const missedLsn = parseLsn(await lsnOf(database));
    const after = home.listen([{ table: "notes" }]);
    const { lsn } = await after.subscribed;
    expect(parseLsn(lsn)).toBeGreaterThanOrEqual(missedLsn);
    await database.query("insert into notes values (4)");
    await database.query("insert into notes values (5)");
    await after.got(2, LONG_MS);
    expect(after.column("id")).toEqual([4, 5]);
    expect(parseLsn(after.changes[0]?.data.lsn ?? "0/0")).toBeGreaterThanOrEqual(parseLsn(lsn));
    await stayed.got(5, LONG_MS);
    expect(stayed.column("id")).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a home that hands over", () => {
  const TRIALS = 10;
  const GOAL_MS = 1_000;

  test(`is followed by another that streams: the median of ${TRIALS} hand-overs is below ${GOAL_MS} ms, nothing is told and nothing lost`, async () => {
    await using database = await withNotes();
    const broker = new MemoryBroker();
    await using first = startChangesNode(database, { name: "n1", broker });
    await using second = startChangesNode(database, { name: "n2", broker });
    const listeners = [first.listen([{ table: "notes" }]), second.listen([{ table: "notes" }])];
    await Promise.all(listeners.map(({ subscribed }) => subscribed));
    const homeOf = () =>
      [first, second].find((node) => node.homes.snapshot(database.ref)?.state === "streaming");
    const tookMs: number[] = [];
    for (let trial = 1; trial <= TRIALS; trial++) {
      await eventually(() => homeOf() !== undefined, { withinMs: LONG_MS });
      const startedAtMs = performance.now();
      await homeOf()?.homes.shutdown(database.ref);
      await eventually(() => homeOf() !== undefined, { withinMs: LONG_MS });
      tookMs.push(Math.round(performance.now() - startedAtMs));
      await database.query("insert into notes values ($1)", [trial]);
      for (const listener of listeners) await listener.got(trial, LONG_MS);
    }
    tookMs.sort((a, b) => a - b);
    console.log(`hand-over: ${tookMs.join(", ")} ms`);
    expect(tookMs[TRIALS / 2]).toBeLessThan(GOAL_MS);
    for (const listener of listeners) {
      expect(listener.column("id")).toEqual(Array.from({ length: TRIALS }, (_, index) => index + 1));
      expect(listener.systems.filter(({ complete }) => complete === false)).toEqual([]);
    }
  });
});
