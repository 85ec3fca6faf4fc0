import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlMigrations } from "../src/generated/sql.ts";
import { MigrationFailed, migrateControlDatabase } from "../src/migrate.ts";
import { connect } from "./control-database.ts";

describe("control migrations", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function emptyDatabase(name: string): Promise<string> {
    await using admin = await connect(server.url());
    await admin.query(`create database ${name} template template0`);
    return server.url(name);
  }

  test("are applied in order, once, and recorded as Prisma records them", async () => {
    const url = await emptyDatabase("once");
    const first = await migrateControlDatabase(url);
    const second = await migrateControlDatabase(url);

    expect(first).toEqual({ applied: controlMigrations.map(({ name }) => name), edited: [] });
    expect(second).toEqual({ applied: [], edited: [] });
    await using client = await connect(url);
    const { rows } = await client.query(
      "select migration_name, length(checksum) as digits, finished_at is not null as done, applied_steps_count as steps from _prisma_migrations order by 1",
    );
    expect(rows).toEqual(
      controlMigrations.map(({ name }) => ({ migration_name: name, digits: 64, done: true, steps: 1 })),
    );
  });

  test("run by several starters at once are applied by one of them", async () => {
    const url = await emptyDatabase("together");
    const results = await Promise.all([1, 2, 3].map(() => migrateControlDatabase(url)));
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, controlMigrations.length]);
  });

  test("that were edited after they were applied are reported", async () => {
    const url = await emptyDatabase("edited");
    await migrateControlDatabase(url);
    await using client = await connect(url);
    await client.query("update _prisma_migrations set checksum = repeat('0', 64) where migration_name = $1", [
      controlMigrations[0]?.name,
    ]);
    expect((await migrateControlDatabase(url)).edited).toEqual([controlMigrations[0]?.name]);
  });

  test("that fail leave nothing behind and say what was wrong", async () => {
    const url = await emptyDatabase("failing");
    await using client = await connect(url);
    await client.query("create table region (mine int)");
    const failure = await migrateControlDatabase(url).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationFailed);
    expect(String(failure)).toContain('relation "region" already exists');
    const { rows } = await client.query(
      "select tablename from pg_tables where schemaname = 'public' order by 1",
    );
    expect(rows.map(({ tablename }) => tablename)).toEqual(["_prisma_migrations", "region"]);
  });

  test("say in one sentence that the database cannot be reached", async () => {
    await expect(migrateControlDatabase("postgresql://x@127.0.0.1:1/none")).rejects.toThrow(
      /^The control database cannot be migrated: nothing listens at that address/,
    );
  });
});
