import { startTestPostgres } from "@tidewire/testkit/postgres";
import { openClient } from "@tidewire/testkit/project-database";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { describe, expect, test } from "vitest";
import { checkDatabase } from "../src/check-database.ts";
import { migrateTenant } from "../src/tenant-migrations.ts";

const failed = async (url: string) => (await checkDatabase(url)).filter(({ ok }) => !ok);

describe("the checks of a database", () => {
  test("pass for a superuser, and fail one by one for a clerk until each cure has been run", async () => {
    await using server = await startTestPostgres();
    await using superuser = await openClient(server.url());
    expect(await failed(server.url())).toEqual([]);

    await superuser.query("create role clerk login");
    await superuser.query("create database shop template template0");
    const clerkUrl = server.url("shop").replace("postgres@", "clerk@");
    const failures = await failed(clerkUrl);
    expect(failures.map(({ name }) => name)).toEqual(["replication", "create_objects", "create_roles"]);

    for (const { fixSql } of failures) await superuser.query(fixSql ?? "");
    expect(await failed(clerkUrl)).toEqual([]);
    await using clerk = await openClient(clerkUrl);
    await migrateTenant(clerk);
    expect(await failed(clerkUrl)).toEqual([]);
  });

  test("see a server that does not decode, and one without a free slot", async () => {
    await using server = await startTestPostgres({
      settings: { wal_level: "replica", max_replication_slots: "0", max_wal_senders: "0" },
    });
    const failures = await failed(server.url());
    expect(failures.map(({ name }) => name)).toEqual(["wal_level", "slots", "walsenders"]);
  });

  test.each([
    ["no URL", "hello", /not a connection string/],
    ["another protocol", "mysql://a@b/c", /not a connection string/],
    ["nobody listening", "postgresql://a:secret-word@127.0.0.1:1/c", /nothing listens/],
    ["an unknown host", "postgresql://a:secret-word@nowhere.invalid/c", /host name/],
  ])("answer %s with one sentence that keeps the password", async (_what, url, sentence) => {
    const checks = await checkDatabase(url);
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({
      name: "reachable",
      ok: false,
      sentence: expect.stringMatching(sentence),
    });
    expect(JSON.stringify(checks)).not.toContain("secret-word");
  });

  test("name a wrong password and a missing database, and give up on a silent server after five seconds", async () => {
    await using server = await startTestPostgres({ password: "right" });
    const wrong = await checkDatabase(server.url().replace("right", "wrong"));
    expect(wrong[0]?.sentence).toMatch(/user name or password is wrong/);
    const missing = await checkDatabase(server.url("missing"));
    expect(missing[0]?.sentence).toMatch(/no database of that name/);

    await using relay = await startTcpRelay({ port: server.port });
    relay.pause();
    using watch = startStopwatch();
    const silent = await checkDatabase(relay.via(server.url()));
    expect(silent[0]?.sentence).toMatch(/did not answer in time/);
    expect(watch.ms).toBeLessThan(7_000);
  });
});
