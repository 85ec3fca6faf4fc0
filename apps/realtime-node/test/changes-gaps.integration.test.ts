import { randomBytes } from "node:crypto";
import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { onNotices } from "../src/changes/notices.ts";
import { parseLsn } from "../src/wal/lsn.ts";
import { type ChangesNode, type Listener, startChangesNode } from "./changes-node.ts";
import { UnreliableBus } from "./unreliable-bus.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const LONG_MS = 30_000;
vi.setConfig({ testTimeout: 4 * LONG_MS });

async function withNotes(): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
  await database.query(`
    create table notes (id int primary key);
    create table todos (id int primary key);
    grant select on notes, todos to authenticated;
    alter publication supabase_realtime add table notes, todos;`);
  return database;
}

/** While it is held nothing counts as handed on, although it has arrived. */
class HeldBus extends UnreliableBus {
  #held = Promise.resolve();
  #release = () => {};

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  override async flush(): Promise<void> {
    await this.#held;
    return super.flush();
  }
}

interface Registration {
  name?: string;
  /** With it the registration goes on with one that an earlier epoch knew. */
  since?: string;
  seen?: string;
  held?: number;
}

/** A node in the test's hands: it registers what and when the test likes. */
function otherNode({ client }: ChangesNode, ref: string) {
  const life = { node: "n9", boot: randomBytes(4).toString("hex") };
  return {
    life,
    register({ name = "c/1", since, seen = "0/0", held }: Registration): Promise<ShapesRegistered> {
      return client.register(
        ref,
        {
          ...life,
          registration: name,
          claims: { role: "authenticated" },
          bindings: [{ event: "*", schema: "public", table: "notes" }],
          resume: since !== undefined,
          since,
          seen,
          held,
        },
        { deadlineMs: LONG_MS },
      );
    },
  };
}

async function insert(database: ProjectDatabase, id: number): Promise<string> {
  await database.query("insert into notes values ($1)", [id]);
  return lsnOf(database);
}

async function lsnOf(database: ProjectDatabase): Promise<string> {
  return (await database.query("select pg_current_wal_flush_lsn()::text as lsn")).rows[0].lsn;
}

function isWithin({ missed }: ShapesRegistered, lsn = "0/0"): boolean {
  if (missed === undefined) return false;
  return parseLsn(missed.fromLsn) < parseLsn(lsn) && parseLsn(lsn) < parseLsn(missed.toLsn);
}

function gapsTold({ systems }: Listener) {
  return systems.filter(({ complete }) => complete === false);
}

/** A home `first` with a channel on `second`, which is about to take over and has seen one row. */
async function aboutToTakeOver(database: ProjectDatabase) {
  const { ref } = database;
  const broker = new MemoryBroker();
  const cuttable = new UnreliableBus(new MemoryBus(broker));
  const bus = new HeldBus(new MemoryBus(broker));
  const first = startChangesNode(database, { name: "n1", broker, bus: cuttable });
  const second = startChangesNode(database, { name: "n2", broker, bus });
  await first.client.status(ref, { deadlineMs: LONG_MS });
  const listener = second.listen([{ table: "notes" }]);
  const { lsn: since } = await listener.subscribed;
  const notices: HomeNotice[] = [];
  onNotices(bus, ref, (notice) => notices.push(notice));
  await second.homes.want(ref);
  await eventually(() => notices.some(({ kind }) => kind === "home"), { withinMs: LONG_MS });
  await insert(database, 1);
  const [seen] = await listener.got(1, LONG_MS);
  bus.hold();
  return {
    second,
    bus,
    listener,
    since,
    seen: seen?.data.lsn ?? "",
    other: otherNode(second, ref),
    async handOver() {
      notices.length = 0;
      await first.close();
    },
    /** The first home ends from one instant to the next. */
    async kill() {
      cuttable.isCut = true;
      notices.length = 0;
      await first.close();
    },
    /** The second is home; nothing streams yet. */
    elected: () =>
      eventually(() => notices.some((notice) => notice.kind === "home" && notice.node === "n2"), {
        withinMs: LONG_MS,
      }),
    streaming: () =>
      eventually(() => second.homes.snapshot(ref)?.state === "streaming", { withinMs: LONG_MS }),
    recovered: () =>
      eventually(
        () => {
          const notice = notices.find(({ kind }) => kind === "database-recovered");
          if (notice === undefined) throw new Error(`heard ${JSON.stringify(notices)}`);
          return notice;
        },
        { withinMs: LONG_MS },
      ),
    async [Symbol.asyncDispose]() {
      bus.release();
      await second.close();
    },
  };
}

describe("[R33] a home that takes over", () => {
  test("takes nothing for lost because a node that registers again has seen its own first changes", async () => {
    await using database = await withNotes();
    await using house = await aboutToTakeOver(database);
    const { other, since, seen } = house;
    await house.handOver();
    await house.elected();
    await other.register({ since, seen });
    await house.streaming();
    const now = await insert(database, 2);
    await other.register({ name: "c/2", since: now, seen: now });
    house.bus.release();
    expect(await house.recovered()).toMatchObject({ complete: true });
    await house.listener.got(2, LONG_MS);
    expect(gapsTold(house.listener)).toEqual([]);
    expect(house.second.gaps).toEqual([]);
  });

  test("takes nothing for lost because its predecessor went on to make promises", async () => {
    await using database = await withNotes();
    await using house = await aboutToTakeOver(database);
    await house.handOver();
    await house.elected();
    await house.other.register({ since: await insert(database, 2), seen: house.seen });
    house.bus.release();
    expect(await house.recovered()).toMatchObject({ complete: true });
    await house.listener.got(2, LONG_MS);
    expect(gapsTold(house.listener)).toEqual([]);
    expect(house.second.gaps).toEqual([]);
  });

  test("tells what a lost slot held although a node that registers again has seen what came after", async () => {
    await using database = await withNotes();
    await using house = await aboutToTakeOver(database);
    const { other, since, seen } = house;
    await house.kill();
    await using admin = await database.connectAsAdmin();
    await eventually(
      () => admin.query("select pg_drop_replication_slot($1)", [`tidewire_${database.ref}`]).then(() => true),
      { withinMs: LONG_MS },
    );
    await insert(database, 2);
    await house.elected();
    await other.register({ since, seen });
    await house.streaming();
    const now = await insert(database, 3);
    await other.register({ name: "c/2", since: now, seen: now });
    house.bus.release();
    expect(await house.recovered()).toMatchObject({ complete: false, fromLsn: seen });
    expect(gapsTold(house.listener)).toMatchObject([{ from_lsn: seen }]);
    await house.listener.got(2, LONG_MS);
    expect(house.listener.column("id")).toEqual([1, 3]);
  });
});

describe("[R33] a registration that goes on with one of an earlier epoch", () => {
  async function setUp(database: ProjectDatabase) {
    const node = startChangesNode(database);
    const listener = node.listen([{ table: "*" }]);
    await listener.subscribed;
    let epoch = 0;
    onNotices(node.bus, database.ref, (notice) => {
      if (notice.kind === "home") epoch = notice.epoch;
    });
    const other = otherNode(node, database.ref);
    const first = await other.register({});
    return {
      node,
      listener,
      other,
      since: first.lsn,
      held: first.epoch,
      /** Every registration is void; the home waits for those that it knew, and then no longer. */
      async changeCatalog(sql: string) {
        const before = epoch;
        await database.query(sql);
        await eventually(() => epoch > before, { withinMs: LONG_MS });
      },
      [Symbol.asyncDispose]: () => node.close(),
    };
  }

  test("has missed nothing when it is there already, and asked for again because its answer was lost", async () => {
    await using database = await withNotes();
    await using house = await setUp(database);
    const { other, since, held, listener } = house;
    await insert(database, 1);
    await listener.got(1, LONG_MS);
    expect((await other.register({ since, held })).missed).toBeUndefined();
  });

  test("has missed what came while the home had forgotten it, and is told the same when it asks again", async () => {
    await using database = await withNotes();
    await using house = await setUp(database);
    const { node, other, since, held, listener } = house;
    await node.client.release(database.ref, other.life, ["c/1"]);
    await insert(database, 1);
    const [row] = await listener.got(1, LONG_MS);
    const back = await other.register({ since, held });
    expect(isWithin(back, row?.data.lsn)).toBe(true);
    await insert(database, 2);
    await listener.got(2, LONG_MS);
    expect((await other.register({ since, held })).missed).toEqual(back.missed);
  });

  test("has missed what waited while its epoch gathered in vain, one epoch later too, and nothing of other tables", async () => {
    await using database = await withNotes();
    await using house = await setUp(database);
    const { other, since, held, listener, changeCatalog } = house;
    await changeCatalog("alter table notes add column body text");
    await insert(database, 1);
    const [row] = await listener.got(1, LONG_MS);
    const late = await other.register({ since, held });
    expect(late.epoch).toBeGreaterThan(held);
    expect(isWithin(late, row?.data.lsn)).toBe(true);
    await house.node.client.release(database.ref, other.life, ["c/1"]);
    await changeCatalog("alter table notes add column more text");
    const later = await other.register({ name: "c/2", since, held });
    expect(later.epoch).toBeGreaterThan(late.epoch);
    expect(isWithin(later, row?.data.lsn)).toBe(true);
    await house.node.client.release(database.ref, other.life, ["c/2"]);
    await database.query("insert into todos values (1)");
    await listener.got(2, LONG_MS);
    const { missed } = await other.register({ name: "c/3", since, held: later.epoch });
    expect(missed).toBeUndefined();
  });
});
