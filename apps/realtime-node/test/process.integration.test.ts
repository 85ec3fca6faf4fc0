import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestControlPlane, type TestControlPlane } from "./harness/control-plane.ts";
import { buildNode, NODE_SECRET, type NodeProcess, startNodeProcess } from "./harness/node-process.ts";

let postgres: TestPostgres;
let control: TestControlPlane;
let stateDir: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  await buildNode();
  stateDir = await mkdtemp(join(tmpdir(), "tidewire-process-"));
  postgres = await startTestPostgres();
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
