import { randomBytes } from "node:crypto";
import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { onNotices } from "../src/changes/notices.ts";
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
    grant select on notes to authenticated;
    alter publication supabase_realtime add table notes;`);
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
}

/** A node in the test's hands: it registers what and when the test likes. */
function otherNode({ client }: ChangesNode, ref: string) {
  const life = { node: "n9", boot: randomBytes(4).toString("hex") };
  return {
    life,
    register({ name = "c/1", since, seen = "0/0" }: Registration): Promise<ShapesRegistered> {
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
