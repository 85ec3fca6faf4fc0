import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient, randomRef } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createManagedDatabase,
  dropManagedDatabase,
  ManagedDatabaseFailed,
} from "../src/managed-database.ts";
import { migrateTenant } from "../src/tenant-migrations.ts";

describe("a managed database", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres({ password: "superuser" });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function traces(ref: string) {
    await using admin = await openClient(server.url());
    const { rows } = await admin.query(
      `select (select count(*)::int from pg_database where datname = $1) as databases,
              (select count(*)::int from pg_roles where rolname like '%' || $2) as roles,
              (select count(*)::int from pg_replication_slots where database = $1) as slots`,
      [`tw_${ref}`, ref],
    );
    return rows[0];
  }

  test("belongs to a role that can do what a project needs, and is no superuser", async () => {
    const ref = randomRef();
    const { databaseUrl, name } = await createManagedDatabase(server.url(), ref);
    expect(name).toBe(`tw_${ref}`);
    await using owner = await openClient(databaseUrl);
    const { rows } = await owner.query(`
      select rolsuper, rolreplication, rolcanlogin, rolcreatedb, rolbypassrls,
             (select pg_get_userbyid(datdba) = current_user from pg_database where datname = current_database()) as owns,
             current_setting('timezone') as timezone
        from pg_roles where rolname = current_user`);
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolreplication: true,
        rolcanlogin: true,
        rolcreatedb: false,
        rolbypassrls: false,
        owns: true,
        timezone: "UTC",
      },
    ]);
    for (const role of ["anon", "authenticated", "service_role", "supabase_realtime_admin"]) {
      await owner.query(`set role ${role}; reset role`);
    }
    await dropManagedDatabase(server.url(), ref);
  });

  test("is closed to the owner of another project", async () => {
    const [mine, theirs] = [randomRef(), randomRef()];
    const { databaseUrl } = await createManagedDatabase(server.url(), mine);
    await createManagedDatabase(server.url(), theirs);
    const intruder = new URL(databaseUrl);
    intruder.pathname = `/tw_${theirs}`;
    await expect(openClient(intruder.href)).rejects.toThrow(/permission denied for database/);
    await dropManagedDatabase(server.url(), mine);
    await dropManagedDatabase(server.url(), theirs);
  });

  test("made again after a half-done attempt keeps its data and gets a new password", async () => {
    const ref = randomRef();
    const first = await createManagedDatabase(server.url(), ref);
    {
      await using owner = await openClient(first.databaseUrl);
      await owner.query("create table public.kept (id int)");
    }
    const second = await createManagedDatabase(server.url(), ref);
    await expect(openClient(first.databaseUrl)).rejects.toMatchObject({ code: "28P01" });
    {
      await using owner = await openClient(second.databaseUrl);
      await owner.query("select * from public.kept");
    }
    await dropManagedDatabase(server.url(), ref);
  });

  test("goes without a trace while sessions, an active slot, roles of its own and open work are around", async () => {
    const ref = randomRef();
    const { databaseUrl } = await createManagedDatabase(server.url(), ref);
    await using owner = await openClient(databaseUrl);
    await migrateTenant(owner);
    await owner.query(
      `create role editor_${ref} nologin; grant select on realtime.messages to editor_${ref}`,
    );
    await owner.query("select pg_create_logical_replication_slot('idle_slot', 'pgoutput')");
    await owner.query("select pg_create_logical_replication_slot('busy_slot', 'pgoutput')");
    await using reader = await openClient(`${databaseUrl}?replication=database`);
    const streaming = reader
      .query(
        "START_REPLICATION SLOT busy_slot LOGICAL 0/0 (proto_version '1', publication_names 'supabase_realtime')",
      )
      .catch((error: unknown) => error);
    await eventually(async () => {
      const { rowCount } = await owner.query(
        "select from pg_replication_slots where slot_name = 'busy_slot' and active",
      );
      return rowCount === 1;
    });
    await owner.query("begin; insert into realtime.messages (topic, extension) values ('open', 'broadcast')");
    expect(await traces(ref)).toEqual({ databases: 1, roles: 2, slots: 2 });

    await dropManagedDatabase(server.url(), ref);

    expect(await traces(ref)).toEqual({ databases: 0, roles: 0, slots: 0 });
    expect(await streaming).toBeInstanceOf(Error);
    await eventually(() =>
      owner.query("select 1").then(
        () => false,
        () => true,
      ),
    );
    await dropManagedDatabase(server.url(), ref);
  });

  test("two at once do not stand in each other's way", async () => {
    const refs = [randomRef(), randomRef(), randomRef()];
    await Promise.all(refs.map((ref) => createManagedDatabase(server.url(), ref)));
    await Promise.all(refs.map((ref) => dropManagedDatabase(server.url(), ref)));
    expect(await Promise.all(refs.map(traces))).toEqual(
      refs.map(() => ({ databases: 0, roles: 0, slots: 0 })),
    );
  });

  test("can be made and dropped by an admin who is no superuser", async () => {
    await using superuser = await openClient(server.url());
    await superuser.query(
      "create role landlord login createdb createrole replication bypassrls password 'landlord'",
    );
    for (const role of ["anon", "authenticated", "service_role", "supabase_realtime_admin"]) {
      const { rowCount } = await superuser.query("select from pg_roles where rolname = $1", [role]);
      if (rowCount) await superuser.query(`grant ${role} to landlord with admin true`);
    }
    const adminUrl = server.url().replace("postgres:superuser@", "landlord:landlord@");
    const ref = randomRef();
    const { databaseUrl } = await createManagedDatabase(adminUrl, ref);
    {
      await using owner = await openClient(databaseUrl);
      await migrateTenant(owner);
    }
    await dropManagedDatabase(adminUrl, ref);
    expect(await traces(ref)).toEqual({ databases: 0, roles: 0, slots: 0 });
  });

  test("that cannot be made says why in one sentence", async () => {
    await using superuser = await openClient(server.url());
    await superuser.query("create role guest login password 'guest'");
    const url = server.url().replace("postgres:superuser@", "guest:guest@");
    const failure = await createManagedDatabase(url, randomRef()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ManagedDatabaseFailed);
    expect(String(failure)).toMatch(/cannot be created: permission denied to/);
    await expect(createManagedDatabase("postgresql://x@127.0.0.1:1/x", randomRef())).rejects.toThrow(
      /cannot be created: nothing listens at that address/,
    );
  });
});
