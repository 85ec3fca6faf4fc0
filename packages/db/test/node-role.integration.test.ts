import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient, randomRef } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createManagedDatabase } from "../src/managed-database.ts";
import { ensureNodeRole } from "../src/node-role.ts";
import { createControlDatabase } from "./control-database.ts";

const PASSWORD = "least";
const ROLE = "node_of_this_suite";

describe("the nodes' role", () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startTestPostgres({ password: "superuser" });
    url = await createControlDatabase(server);
    await using owner = await openClient(url);
    await ensureNodeRole(owner, PASSWORD, ROLE);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function asNode(password = PASSWORD) {
    const nodeUrl = new URL(url);
    nodeUrl.username = ROLE;
    nodeUrl.password = password;
    return openClient(nodeUrl.href);
  }

  test("has these table rights and no others", async () => {
    await using owner = await openClient(url);
    const { rows } = await owner.query(
      `select c.relname || ' ' || string_agg(lower(p), ', ' order by p) as "right"
         from pg_class c, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
        where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace = 'public'::regnamespace
          and has_table_privilege($1, c.oid, p)
        group by c.relname order by 1`,
      [ROLE],
    );
    expect(rows.map(({ right }) => right)).toEqual([
      "change_gap insert",
      "metric_sample insert",
      "node insert, select, update",
    ]);
  });

  test("sees these columns of projects and keys and no others", async () => {
    await using owner = await openClient(url);
    const { rows } = await owner.query(
      `select attrelid::regclass::text || '.' || attname as "column"
         from pg_attribute join pg_class c on c.oid = attrelid
        where attnum > 0 and not attisdropped and c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and has_column_privilege($1, attrelid, attnum, 'select') and c.relname <> 'node'
        order by 1`,
      [ROLE],
    );
    const columns = {
      api_key: ["expires_at", "hash", "kind", "last_used_at", "project_ref", "revoked_at"],
      project:
        "database_url external_id jwks jwt_secret limits name ref region_id settings status version".split(
          " ",
        ),
    };
    expect(rows.map(({ column }) => column)).toEqual(
      Object.entries(columns).flatMap(([table, names]) => names.map((name) => `${table}.${name}`)),
    );
  });

  test.each([
    ["read people", `select * from "user"`],
    ["read sessions", "select token from session"],
    ["read sealed keys", "select sealed_value from api_key"],
    ["read losses", "select * from change_gap"],
    ["read samples", "select * from metric_sample"],
    ["read migrations", "select * from _prisma_migrations"],
    ["change a project", "update project set status = 'active'"],
    ["make a key", "insert into api_key (project_ref, kind, prefix, hash) values ('a', 'secret', 'p', 'h')"],
    ["revoke a key", "update api_key set revoked_at = now()"],
    ["delete a node", "delete from node"],
    ["write an audit event", "insert into audit_event (actor, action, target) values ('a', 'b', 'c')"],
    ["create a table", "create table mine (id int)"],
    ["create a temporary table", "create temporary table mine (id int)"],
    ["create a schema", "create schema mine"],
    ["create a role", "create role mine"],
    ["create a database", "create database mine"],
    ["become another role", "set role postgres"],
    ["drop a trigger", "drop trigger project_announce on project"],
    ["read files", "select pg_read_file('postgresql.conf')"],
    ["run programs", "copy node to program 'true'"],
    ["stream changes", "select pg_create_logical_replication_slot('mine', 'pgoutput')"],
  ])("cannot %s", async (_what, sql) => {
    await using node = await asNode();
    await expect(node.query(sql)).rejects.toThrow(/permission denied|must be|only roles|only superusers/);
  });

  test("and the owner are the only ones that get in", async () => {
    const { databaseUrl } = await createManagedDatabase(server.url(), randomRef());
    const intruder = new URL(databaseUrl);
    intruder.pathname = new URL(url).pathname;
    await expect(openClient(intruder.href)).rejects.toThrow(/permission denied for database/);
  });

  test("is kept out with a wrong password, and gets a new one without losing or gaining a right", async () => {
    await expect(asNode("wrong")).rejects.toMatchObject({ code: "28P01" });
    await using owner = await openClient(url);
    await owner.query(`grant select on "user" to ${ROLE}`);
    await ensureNodeRole(owner, "changed", ROLE);
    await expect(asNode()).rejects.toMatchObject({ code: "28P01" });
    await using node = await asNode("changed");
    await node.query("select ref from project");
    await expect(node.query(`select * from "user"`)).rejects.toThrow(/permission denied/);
    await ensureNodeRole(owner, PASSWORD, ROLE);
  });
});
