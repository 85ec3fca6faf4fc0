import { describe, expect, test } from "vitest";
import { type Check, type DatabaseFacts, judge } from "./check-database.ts";

const role = (name: string, exists = true, settable = true) => ({ name, exists, settable });
const API_ROLES = ["anon", "authenticated", "service_role", "supabase_realtime_admin"];

const GOOD: DatabaseFacts = {
  user: "app",
  database: "shop",
  version: 160_004,
  versionText: "16.4",
  walLevel: "logical",
  superuser: false,
  replication: true,
  createRole: true,
  bypassRls: true,
  createInDatabase: true,
  createInRealtime: null,
  slotsMax: 10,
  slotsUsed: 3,
  sendersMax: 10,
  sendersUsed: 3,
  roles: API_ROLES.map((name) => role(name)),
};

function failing(change: Partial<DatabaseFacts>): Omit<Check, "ok">[] {
  return judge({ ...GOOD, ...change })
    .filter(({ ok }) => !ok)
    .map(({ ok: _, ...check }) => check);
}

describe("a database for a project", () => {
  test("that has everything passes every check", () => {
    expect(failing({})).toEqual([]);
    expect(failing({ superuser: true, replication: false, createRole: false, roles: [] })).toEqual([]);
  });

  test.each<[string, Partial<DatabaseFacts>, Check["name"], RegExp, RegExp | undefined]>([
    ["is too old", { version: 140_012, versionText: "14.12" }, "version", /14\.12; 15 or later/, undefined],
    [
      "decodes nothing",
      { walLevel: "replica" },
      "wal_level",
      /is replica; it must be logical/,
      /wal_level = 'logical'/,
    ],
    [
      "may not stream",
      { replication: false },
      "replication",
      /REPLICATION/,
      /alter role app with replication/,
    ],
    [
      "has no slot left",
      { slotsUsed: 10 },
      "slots",
      /All 10 replication slots/,
      /max_replication_slots = 20/,
    ],
    [
      "has no WAL sender left",
      { sendersUsed: 10 },
      "walsenders",
      /All 10 WAL senders/,
      /max_wal_senders = 20/,
    ],
    [
      "allows no schema",
      { createInDatabase: false },
      "create_objects",
      /in shop\.$/,
      /on database shop to app/,
    ],
    [
      "has a foreign realtime schema",
      { createInRealtime: false },
      "create_objects",
      /schema realtime/,
      /on schema realtime/,
    ],
    [
      "lacks roles that may not be made",
      { createRole: false, roles: [role("anon", false, false), role("authenticated")] },
      "create_roles",
      /roles anon are missing/,
      /^create role anon nologin noinherit;\ngrant anon to app;$/,
    ],
    [
      "lacks service_role, which only BYPASSRLS can make",
      { bypassRls: false, roles: [role("service_role", false, false)] },
      "create_roles",
      /service_role/,
      /create role service_role nologin noinherit bypassrls;/,
    ],
    [
      "keeps roles to itself",
      { roles: [role("anon", true, false), role("authenticated", true, false)] },
      "set_roles",
      /may not act as anon, authenticated/,
      /grant anon, authenticated to app;/,
    ],
  ])("that %s is told so, with the cure", (_what, change, name, sentence, fixSql) => {
    const [check, ...others] = failing(change);
    expect(others).toEqual([]);
    expect(check?.name).toBe(name);
    expect(check?.sentence).toMatch(sentence);
    if (fixSql) expect(check?.fixSql).toMatch(fixSql);
    else expect(check?.fixSql).toBeUndefined();
  });

  test("has its names quoted where SQL needs it", () => {
    const [check] = failing({ user: 'O"Neil', replication: false });
    expect(check?.fixSql).toBe('alter role "O""Neil" with replication;');
  });
});
