import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryBroker } from "../src/bus/memory-bus.ts";
import { startChangesNode } from "./changes-node.ts";
import { ALICE, createTodosDatabase } from "./todos-database.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const withTodos = () => createTodosDatabase(server);

describe("losses [P6, D12]", () => {
  test("a walsender killed under load: nothing lost, nothing twice, in order, announced and closed", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const [rows, own] = [node.listen([{ table: "notes" }]), node.listen([{ table: "todos" }], ALICE)];
    await Promise.all([rows.subscribed, own.subscribed]);
    await using writer = await database.connect();
    await using admin = await database.connectAsAdmin();
    let stop = false;
    const writing = (async () => {
      let count = 0;
      while (!stop) {
        count++;
        await writer.query("insert into notes (body) values ($1)", [String(count)]);
        await writer.query("insert into todos (id, owner) values ($1, $2)", [count, ALICE.sub]);
      }
      return count;
    })();
    for (let kill = 0; kill < 5; kill++) {
      await eventually(async () => {
        const { rowCount } = await admin.query(
          "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active",
          [`tidewire_${database.ref}`],
        );
        return rowCount === 1;
      });
      await eventually(
        () => rows.systems.filter(({ message }) => message === "Recovered").length === kill + 1,
        {
          withinMs: 15_000,
        },
      );
    }
    stop = true;
    const count = await writing;
    const all = Array.from({ length: count }, (_, index) => index + 1);
    await rows.got(count);
    await own.got(count);
    expect(rows.column("body")).toEqual(all.map(String));
    expect(own.column("id")).toEqual(all);
    const told = rows.systems.slice(1).map(({ status, complete }) => [status, complete]);
    expect(told).toEqual(
      Array.from({ length: 5 }, () => [
        ["error", undefined],
        ["ok", true],
      ]).flat(),
    );
  });

  test("a restarted Postgres: told within a second, rows committed meanwhile arrive once, then `Recovered`", async () => {
    await using own = await startTestPostgres();
    await using database = await createProjectDatabase(own);
    await database.query(`create table notes (id int primary key); grant select on notes to authenticated;
      alter publication supabase_realtime add table notes`);
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await database.query("insert into notes values (1)");
    await listener.got(1);
    const stoppedAtMs = Date.now();
    await own.stop("immediate");
    const lost = await listener.told(/^DatabaseUnavailable/, 1_000);
    expect(Date.now() - stoppedAtMs).toBeLessThan(1_500);
    expect(lost).toMatchObject({ status: "error", extension: "postgres_changes", since: expect.any(String) });
    await own.start();
    await database.query("insert into notes values (2), (3)");
    await listener.got(3);
    expect(await listener.told(/^Recovered$/)).toMatchObject({ complete: true, from_lsn: lost.lsn });
    expect(listener.column("id")).toEqual([1, 2, 3]);
  });

  test("a slot that is gone is made again, and the exact gap announced", async () => {
    await using database = await withTodos();
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await listener.subscribed;
    await using admin = await database.connectAsAdmin();
    await eventually(() =>
      admin
        .query(
          "select pg_terminate_backend(active_pid), pg_drop_replication_slot(slot_name) from pg_replication_slots",
        )
        .then(() => true),
    );
    const gap = await listener.told(/^ReplicationGap/);
    expect(gap).toMatchObject({ status: "error", complete: false });
    await database.query("insert into notes (body) values ('after')");
    expect((await listener.got(1))[0]?.data.record?.body).toBe("after");
  });

  test("a home that loses its stream and then its place: the next one closes what it announced", async () => {
    await using database = await withTodos();
    const broker = new MemoryBroker();
    await using first = startChangesNode(database, { name: "n1", broker });
    await using second = startChangesNode(database, { name: "n2", broker });
    const early = first.listen([{ table: "notes" }]);
    await early.subscribed;
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    await using admin = await database.connectAsAdmin();
    // Somebody else takes the lock in the moment of the loss, and gives it back when the home has stepped down.
    const locked =
      "select pg_advisory_lock(objid::bigint | (classid::bigint << 32)) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
    const taking = admin.query(locked);
    await using killer = await database.connectAsAdmin();
    await killer.query(
      "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1",
      [`tidewire_${database.ref}`],
    );
    await taking;
    await listener.told(/^DatabaseUnavailable/);
    await database.query("insert into notes (body) values ('meanwhile')");
    await eventually(() => first.homes.snapshot(database.ref) === null);
    await admin.query("select pg_advisory_unlock_all()");
    await listener.told(/^Recovered$/, 15_000);
    await early.told(/^Recovered$/, 15_000);
    await listener.got(1);
    await early.got(1);
  });

  test("[P8] a term that was lost while it began is begun again", async () => {
    await using database = await withTodos();
    {
      await using former = startChangesNode(database, { name: "n0" });
      await former.listen([{ table: "notes" }]).subscribed;
    }
    await using admin = await database.connectAsAdmin();
    // Whoever reads the catalog waits for this.
    await admin.query("begin; lock table pg_policy in access exclusive mode");
    await using node = startChangesNode(database);
    const listener = node.listen([{ table: "notes" }]);
    await using killer = await database.connectAsAdmin();
    await eventually(
      async () => {
        const { rowCount } = await killer.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock' and backend_type = 'walsender'",
          [`tidewire_${database.ref}`],
        );
        return rowCount === 1;
      },
      { withinMs: 30_000 },
    );
    await admin.query("rollback");
    await listener.told(/^Subscribed/, 30_000);
    await database.query("insert into notes (body) values ('after')");
    expect((await listener.got(1, 30_000))[0]?.data.record?.body).toBe("after");
  });

  test("the home's end: another node takes over, nothing is lost, nothing comes twice", async () => {
    await using database = await withTodos();
    const broker = new MemoryBroker();
    const first = startChangesNode(database, { name: "n1", broker });
    await using second = startChangesNode(database, { name: "n2", broker });
    const early = first.listen([{ table: "notes" }]);
    await early.subscribed;
    const listener = second.listen([{ table: "notes" }]);
    await listener.subscribed;
    expect(first.homes.snapshot(database.ref)).toMatchObject({ state: "streaming", shapes: 1 });
    expect(second.homes.snapshot(database.ref)).toBeNull();
    await using writer = await database.connect();
    let stop = false;
    const writing = (async () => {
      let count = 0;
      while (!stop) await writer.query("insert into notes (body) values ($1)", [String(++count)]);
      return count;
    })();
    await eventually(() => listener.changes.length > 20);
    early.leave();
    await first.close();
    await eventually(() => second.homes.snapshot(database.ref)?.state === "streaming");
    const before = listener.changes.length;
    await eventually(() => listener.changes.length > before + 20);
    stop = true;
    const count = await writing;
    await listener.got(count);
    expect(listener.column("body")).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
  });
});
