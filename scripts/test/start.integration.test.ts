import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestSupabase } from "../../apps/realtime-node/test/harness/supabase.ts";
import { isRunning } from "../../apps/web/src/server/fleet/process-table.ts";
import { findNatsServer } from "../stack/nats.ts";
import { createPlace, removePlace, runToExit, type Stack, type StackPlace, startStack } from "./stack.ts";

const START_MS = 300_000;

describe("npm start", () => {
  let place: StackPlace;
  beforeAll(async () => {
    place = await createPlace();
  });
  afterAll(() => removePlace(place));

  test("comes up, resumes with its data, and survives a kill -9 of everything", {
    timeout: 3 * START_MS,
  }, async () => {
    await using first = await startStack(place);
    expect(first.output()).toContain("Tidewire is ready.");
    expect(statSync(path.join(place.home, "run.json")).mode & 0o777).toBe(0o600);
    const [project] = first.run.projects;
    if (!project) throw new Error("no project in run.json");
    await query(project.databaseUrl, "create table kept (id int primary key); insert into kept values (42)");

    const { code, tookMs } = await first.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    expect(existsSync(path.join(place.home, "run.json"))).toBe(false);
    expect(first.run.nodes.filter((node) => isRunning(node.pid, "main.js"))).toEqual([]);

    await using second = await startStack(place);
    expect(second.run.projects[0]).toMatchObject({
      ref: project.ref,
      publishableKey: project.publishableKey,
      secretKey: project.secretKey,
    });
    expect(await query(project.databaseUrl, "select id from kept")).toEqual([{ id: 42 }]);
    killEverything(second);
    await once(second.child, "exit");

    await using third = await startStack(place);
    expect(await query(project.databaseUrl, "select id from kept")).toEqual([{ id: 42 }]);
    expect((await fetch(`${third.run.webUrl}/api/health`)).status).toBe(200);
  });

  test("starts over a run.json that is damaged", { timeout: START_MS }, async () => {
    writeFileSync(path.join(place.home, "run.json"), "{ not json");
    await using stack = await startStack(place);
    expect(stack.output()).toContain("run.json of an earlier run is damaged");
  });
});

describe.skipIf(findNatsServer() === undefined)("npm start -- --nodes 3", () => {
  test("runs three nodes in three regions that hear each other, and stops all of it", {
    timeout: 2 * START_MS,
  }, async () => {
    const place = await createPlace();
    try {
      await using stack = await startStack(place, ["--nodes", "3"]);
      const { nodes, projects } = stack.run;
      expect(nodes).toHaveLength(3);
      expect(new Set(nodes.map(({ region }) => region)).size).toBe(3);
      const [project] = projects;
      const [first, , third] = nodes;
      if (!project || !first || !third) throw new Error("run.json is incomplete");
      await using here = await createTestSupabase(`${first.url}/p/${project.ref}`, project.publishableKey);
      await using there = await createTestSupabase(`${third.url}/p/${project.ref}`, project.publishableKey);
      const heard: unknown[] = [];
      await here.subscribe("regions", undefined, (channel) =>
        channel.on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload)),
      );
      const speaking = await there.subscribe("regions");
      await eventually(
        async () => {
          await speaking.send({ type: "broadcast", event: "hello", payload: { from: third.region } });
          expect(heard[0]).toMatchObject({ from: third.region });
        },
        { withinMs: 30_000 },
      );

      const { code } = await stack.stop();
      expect(code).toBe(0);
      expect(nodes.filter(({ pid }) => isRunning(pid, "main.js"))).toEqual([]);
    } finally {
      removePlace(place);
    }
  });
});

describe("npm start that cannot", () => {
  test.each([
    ["TIDEWIRE_WEB_PORT", "the dashboard"],
    ["TIDEWIRE_NODE_PORT", "the first realtime node"],
    ["TIDEWIRE_POSTGRES_PORT", "Postgres"],
  ])("names the port in use: %s", { timeout: START_MS }, async (variable, what) => {
    const place = await createPlace();
    const taken = createServer().listen(Number(place.env[variable]), "127.0.0.1");
    await once(taken, "listening");
    try {
      const { code, output } = await runToExit(place);
      expect(code).toBe(1);
      expect(output.toLowerCase()).toContain(`port ${place.env[variable]} is in use`);
      expect(output).toContain(what);
      expect(existsSync(path.join(place.home, "run.json"))).toBe(false);
    } finally {
      taken.close();
      removePlace(place);
    }
  });

  test("says so when the home cannot be written", { timeout: START_MS }, async () => {
    const place = await createPlace();
    const file = path.join(place.home, "file");
    writeFileSync(file, "");
    const { code, output } = await runToExit({
      ...place,
      env: { ...place.env, TIDEWIRE_HOME: path.join(file, "home") },
    });
    removePlace(place);
    expect(code).toBe(1);
    expect(output).toContain("cannot be written; set TIDEWIRE_HOME");
  });

  test("refuses an option it does not know", { timeout: START_MS }, async () => {
    const place = await createPlace();
    const { code, output } = await runToExit(place, ["--nope"]);
    removePlace(place);
    expect(code).toBe(1);
    expect(output).toContain("unknown option --nope");
  });
});

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The pids of the stack: its children, their children, and the nodes, which are detached from them. */
function killEverything(stack: Stack): void {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const doomed = new Set([stack.run.pid, ...stack.run.nodes.map((node) => node.pid)]);
  for (let grew = true; grew; ) {
    const before = doomed.size;
    for (const [pid, parent] of parents) if (pid && parent && doomed.has(parent)) doomed.add(pid);
    grew = doomed.size > before;
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Already gone with its parent.
    }
  }
}
