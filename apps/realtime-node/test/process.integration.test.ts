import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestControlPlane, type TestControlPlane } from "./harness/control-plane.ts";

const WORKSPACE = fileURLToPath(new URL("..", import.meta.url));

let postgres: TestPostgres;
let control: TestControlPlane;
let stateDir: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  const build = spawn(process.execPath, ["build.mjs"], { cwd: WORKSPACE, stdio: "inherit" });
  expect((await once(build, "exit"))[0]).toBe(0);
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

interface Started {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
  /** The public URL, as soon as the log tells it. */
  url(): Promise<string>;
}

function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, ["dist/main.js"], {
    cwd: WORKSPACE,
    env: {
      PATH: process.env.PATH,
      TIDEWIRE_NODE_ID: "process-test",
      TIDEWIRE_PORT: "0",
      TIDEWIRE_ADMIN_PORT: "0",
      TIDEWIRE_CONTROL_DATABASE_URL: control.nodeUrl,
      TIDEWIRE_SECRETS_KEY: control.secretsKey,
      TIDEWIRE_NODE_SECRET: "n".repeat(32),
      TIDEWIRE_STATE_DIR: stateDir,
      TIDEWIRE_DRAIN_MS: "300",
      ...env,
    },
  });
  children.add(child);
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const exited = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  return {
    child,
    output: () => text,
    exited,
    url: () =>
      eventually(
        () => {
          const url = text.match(/"url":"(http[^"]+)"[^\n]*"msg":"ready"/)?.[1];
          if (url === undefined) throw new Error(text);
          return url;
        },
        { withinMs: 15_000 },
      ),
  };
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
  for (const secret of [password, control.secretsKey, "n".repeat(32)])
    expect(node.output()).not.toContain(secret);
});
