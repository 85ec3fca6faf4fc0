import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import type { ProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { startChangesNode } from "./changes-node.ts";
import { ALICE, BOB, createTodosDatabase } from "./todos-database.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const withTodos = () => createTodosDatabase(server);

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
