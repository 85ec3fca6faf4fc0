import { withDatabase } from "@tidewire/db/connect-once";
import { managedDatabaseName } from "@tidewire/db/managed-database";
import { eventually } from "@tidewire/testkit/eventually";
import { openClient, type TestClient } from "@tidewire/testkit/project-database";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { type Caller, signInAs } from "./sign-in.ts";

const ref = "demo0000000000000000";
const SLOT = `tidewire_${ref}`;

let plane: TestControlPlane;
let caller: Caller;
/** As the project's own role. */
let owner: TestClient;
/** As somebody who runs migrations with the server's own role. */
let admin: TestClient;
beforeAll(async () => {
  plane = await startControlPlane();
  caller = await signInAs(plane.resources, ADMIN.email);
  owner = await openClient((await caller.keys.reveal({ ref })).databaseUrl);
  admin = await openClient(withDatabase(plane.env.managedDatabaseUrl, managedDatabaseName(ref)));
  await owner.query("create table public.notes (id int primary key, body text, room int)");
});
afterAll(async () => {
  await owner.end();
  await admin.end();
  await plane[Symbol.asyncDispose]();
});

type Change = Parameters<Caller["database"]["change"]>[0]["change"];
const apply = (change: Change) => caller.database.change({ ref, change });
const publish = (table: string, more: Partial<Extract<Change, { kind: "publish" }>> = {}) =>
  apply({ kind: "publish", schema: "public", table, again: false, columns: null, filter: null, ...more });

async function find(table: string) {
  const { tables } = await caller.database.publication({ ref });
  return tables.find((one) => one.table === table);
}

describe("the publication", () => {
  test("a table is published, changed and taken out; each time the list says what Postgres has", async () => {
    expect(await find("notes")).toMatchObject({ publishedAs: null, primaryKey: ["id"], identity: "default" });
    await publish("notes");
    expect(await find("notes")).toMatchObject({ publishedAs: "table", filter: null });

    await publish("notes", { again: true, columns: ["id", "room"], filter: "id > 10" });
    const changed = await find("notes");
    expect(changed?.filter).toBe("id > 10");
    expect(changed?.columns).toEqual([
      expect.objectContaining({ name: "id", isPublished: true, isIdentity: true, isFiltered: true }),
      expect.objectContaining({ name: "body", isPublished: false, isFiltered: false }),
      expect.objectContaining({ name: "room", isPublished: true, isIdentity: false, isFiltered: false }),
    ]);
    await apply({ kind: "unpublish", schema: "public", table: "notes" });
    expect((await find("notes"))?.publishedAs).toBeNull();
  });

  test("a change that Postgres refuses leaves everything as it was", async () => {
    await publish("notes", { columns: ["id", "body"] });
    await expect(publish("notes", { again: true, filter: "no_such_column > 1" })).rejects.toThrow(
      /The database refuses: column "no_such_column" does not exist/,
    );
    const columns = (await find("notes"))?.columns.filter(({ isPublished }) => isPublished);
    expect(columns?.map(({ name }) => name)).toEqual(["id", "body"]);
    await apply({ kind: "unpublish", schema: "public", table: "notes" });
  });

  test("a table that the server's own role has made is published all the same, in a managed database", async () => {
    await admin.query('create table public."Foreign One" (id int primary key)');
    expect((await find("Foreign One"))?.owner).not.toBe(managedDatabaseName(ref));
    await publish("Foreign One");
    expect((await find("Foreign One"))?.publishedAs).toBe("table");
    await apply({ kind: "row-security", schema: "public", table: "Foreign One", enabled: true });
    expect((await find("Foreign One"))?.rowSecurity).toBe(true);
  });

  test("an expression brings no statement of its own along, least of all for the server's own role", async () => {
    await admin.query("create table public.theirs (id int primary key)");
    for (const table of ["notes", "theirs"]) {
      await expect(publish(table, { filter: "true); drop table public.notes; --" })).rejects.toThrow(
        /cannot insert multiple commands/,
      );
    }
    expect(await find("notes")).toBeDefined();
  });

  test("a table that is locked is given up after seconds, before those behind it wait for long", async () => {
    await admin.query("begin; lock table public.notes in share row exclusive mode");
    await expect(
      apply({ kind: "replica-identity", schema: "public", table: "notes", identity: "full" }),
    ).rejects.toThrow(/another session holds what was needed for too long/);
    await admin.query("rollback");
  });

  test("every change is an audit event with its SQL and its outcome, one that was refused too", async () => {
    const newest = () => plane.resources.db.auditEvent.findFirstOrThrow({ orderBy: { id: "desc" } });
    await publish("notes");
    expect(await newest()).toMatchObject({
      action: "database.publish",
      target: "public.notes",
      actor: ADMIN.email,
      after: { sql: "alter publication supabase_realtime add table public.notes", outcome: "done" },
    });
    await expect(publish("notes")).rejects.toThrow("already member");
    expect(await newest()).toMatchObject({
      after: {
        did: "Publish public.notes",
        outcome: expect.stringMatching(/^The database refuses: .*already member/),
      },
    });
    await apply({ kind: "unpublish", schema: "public", table: "notes" });
  });

  test("a database that lets nobody in is away, though it says so itself", async () => {
    await using server = await openClient(plane.postgres.url());
    const allow = (allowed: boolean) =>
      server.query(`alter database "${managedDatabaseName(ref)}" allow_connections ${allowed}`);
    await allow(false);
    const refused = caller.database.publication({ ref });
    await expect(refused).rejects.toThrow(/does not answer: .*is not currently accepting connections/);
    await allow(true);
  });

  test("nothing is changed that cannot be written down before", async () => {
    await using control = await openClient(plane.databaseUrl);
    await control.query("alter table audit_event rename to audit_event_away");
    await expect(publish("notes")).rejects.toThrow();
    await control.query("alter table audit_event_away rename to audit_event");
    expect((await find("notes"))?.publishedAs).toBeNull();
  });

  test("a viewer only looks", async () => {
    await publish("notes");
    const setRole = (role: "viewer" | "owner") =>
      plane.resources.db.membership.updateMany({ where: { user: { email: ADMIN.email } }, data: { role } });
    await setRole("viewer");
    expect((await find("notes"))?.publishedAs).toBe("table");
    await expect(apply({ kind: "unpublish", schema: "public", table: "notes" })).rejects.toThrow("role");
    await setRole("owner");
  });
});

describe("the witness of the database, when no node can speak", () => {
  const verdict = async () => (await caller.replication.snapshot({ ref })).verdict;

  test("without a slot nothing was promised", async () => {
    const { database } = await caller.replication.snapshot({ ref });
    expect(database).toMatchObject({ kind: "said", slot: null });
  });

  test("a stranger on the slot is named, and once gone, the slot is one that nobody reads", {
    timeout: 90_000,
  }, async () => {
    await owner.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [SLOT]);
    const stranger = new pg.Client({
      connectionString: withDatabase(plane.env.managedDatabaseUrl, managedDatabaseName(ref)),
      application_name: "debezium",
      ...{ replication: "database" },
    });
    stranger.on("error", () => undefined);
    await stranger.connect();
    const streaming = stranger.query(
      `START_REPLICATION SLOT "${SLOT}" LOGICAL 0/0 (proto_version '1', publication_names 'supabase_realtime')`,
    );
    streaming.catch(() => undefined);
    // A calm page asks the database every five seconds only.
    const { sentence, remedy } = await eventually(
      async () => {
        const said = await verdict();
        expect(said.sentence).toContain("Another session holds the slot");
        return said;
      },
      { withinMs: 30_000 },
    );
    expect(sentence).toMatch(/pid \d+ \(`debezium` of /);
    expect(remedy).toMatch(/^select pg_terminate_backend\(\d+\);$/);
    await admin.query(remedy ?? "");
    await eventually(async () => expect((await verdict()).sentence).toContain("Nobody has read the slot"), {
      withinMs: 30_000,
    });
    await stranger.end().catch(() => undefined);
  });
});
