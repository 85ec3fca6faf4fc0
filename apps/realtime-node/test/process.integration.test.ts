import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Lsn, parseLsn } from "../src/wal/lsn.ts";
import { createTestControlPlane, createTestProject, type TestControlPlane } from "./harness/control-plane.ts";
import { buildNode, NODE_SECRET, type NodeProcess, startNodeProcess } from "./harness/node-process.ts";
import { createTestSupabase } from "./harness/supabase.ts";

const SQL = `
  create table public.notes (id bigint generated always as identity primary key, n int);
  alter publication supabase_realtime add table public.notes;
`;
/** realtime-js tries again after 1, 2, 5 and 10 s. */
const BACK_MS = 20_000;

let postgres: TestPostgres;
let control: TestControlPlane;
let stateDir: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  await buildNode();
  stateDir = await mkdtemp(join(tmpdir(), "tidewire-process-"));
  postgres = await startTestPostgres({ settings: { wal_level: "logical" } });
  control = await createTestControlPlane(postgres);
});
afterAll(async () => {
  await control?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
  await rm(stateDir, { recursive: true, force: true });
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

function start(env: Record<string, string> = {}): NodeProcess {
  const node = startNodeProcess(control, { TIDEWIRE_STATE_DIR: stateDir, ...env });
  children.add(node.child);
  return node;
}

test("the built node starts, answers, and leaves in order on SIGTERM", async () => {
  const node = start();
  const url = await node.url();
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const row = () => control.plane.db.node.findUnique({ where: { id: "process-test" } });
  await eventually(async () => {
    expect(await row()).toMatchObject({ state: "ready", url, pid: node.child.pid, version: "0.1.0" });
  });
  node.child.kill("SIGTERM");
  expect(await node.exited).toBe(0);
  expect(await row()).toMatchObject({ state: "gone" });
});

test("a node whose owner is gone leaves by itself", async () => {
  const owner = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  children.add(owner);
  const node = start({ TIDEWIRE_OWNER_PID: String(owner.pid) });
  await node.url();
  owner.kill("SIGKILL");
  expect(await node.exited).toBe(0);
  expect(node.output()).toContain("the owner process is gone");
});

test("wrong settings end the start with one sentence each and code 1", async () => {
  const node = start({ TIDEWIRE_PORT: "http", TIDEWIRE_NODE_SECRET: "short" });
  expect(await node.exited).toBe(1);
  expect(node.output().trim().split("\n")).toEqual([
    "TIDEWIRE_PORT must be a number.",
    "TIDEWIRE_NODE_SECRET must have at least 32 characters.",
  ]);
});

test("a port in use ends the start with one sentence and code 1", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const node = start({ TIDEWIRE_PORT: String(port) });
  expect(await node.exited).toBe(1);
  expect(node.output()).toMatch(new RegExp(`port ${port} is taken by another program`));
  server.close();
});

test("secrets are in no line of the log", async () => {
  const node = start({ LOG_LEVEL: "debug" });
  await node.url();
  node.child.kill("SIGTERM");
  await node.exited;
  const { password } = new URL(control.nodeUrl);
  for (const secret of [password, control.secretsKey, NODE_SECRET])
    expect(node.output()).not.toContain(secret);
});

test("[R10] [P6] after kill -9 of the only node its clients come back by themselves, with every row committed meanwhile, once and in order", async () => {
  const project = await createTestProject(control, postgres);
  await project.database.query(SQL);
  const first = start();
  const url = await first.url();
  const connect = () => createTestSupabase(`${url}/p/${project.ref}`, project.keys.publishable.value);
  await using supabase = await connect();
  const rows: number[] = [];
  const heard: unknown[] = [];
  let subscribed = 0;
  supabase.client
    .channel("notes")
    .on("postgres_changes", { event: "INSERT", schema: "public", table: "notes" }, ({ new: row }) => {
      rows.push(row.n);
    })
    .on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload))
    .on("system", {}, ({ extension, status }) => {
      if (extension === "postgres_changes" && status === "ok") subscribed++;
    })
    .subscribe();
  let n = 0;
  /** Where each row's commit had ended for certain. */
  const endedLsns: Lsn[] = [];
  await using writer = await project.database.connect();
  const insertTen = async () => {
    for (let i = 0; i < 10; i++) {
      await writer.query("insert into notes (n) values ($1)", [n++]);
      const { rows: told } = await writer.query("select pg_current_wal_insert_lsn()::text as lsn");
      endedLsns.push(parseLsn(told[0].lsn));
    }
  };
  /** Once Postgres has noticed that nobody streams any more. */
  const acknowledged = () =>
    eventually(
      async () => {
        const { rows: slots } = await writer.query(
          "select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1 and not active",
          [`tidewire_${project.ref}`],
        );
        return parseLsn(slots[0].lsn);
      },
      { withinMs: BACK_MS },
    );
  await eventually(() => subscribed === 1);
  await insertTen();
  await eventually(() => rows.length === 10);

  first.child.kill("SIGKILL");
  await first.exited;
  const ackedLsn = await acknowledged();
  await insertTen();
  const second = start({ TIDEWIRE_PORT: new URL(url).port });
  await second.url();
  await insertTen();
  await eventually(() => subscribed === 2, { withinMs: BACK_MS });
  await insertTen();

  await eventually(() => expect(rows).toContain(n - 1));
  const all = Array.from({ length: n }, (_, i) => i);
  // What the first node had not acknowledged when it died may come again, and nothing else.
  const repeated = rows.slice(10, rows.indexOf(10));
  expect(rows).toEqual([...all.slice(0, 10), ...repeated, ...all.slice(10)]);
  expect(repeated).toEqual(all.slice(10 - repeated.length, 10));
  for (const row of repeated)
    expect(endedLsns[row], `row ${row} had been acknowledged`).toBeGreaterThan(ackedLsn);
  await using other = await connect();
  const sender = await other.subscribe("notes");
  await sender.send({ type: "broadcast", event: "hello", payload: { again: true } });
  await eventually(() => expect(heard).toEqual([{ again: true }]));
});
