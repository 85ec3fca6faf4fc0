import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient } from "@tidewire/testkit/project-database";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashApiKey } from "../src/api-key-format.ts";
import { createApiKey, revokeApiKey } from "../src/api-keys.ts";
import { listGaps, pruneGaps } from "../src/gaps.ts";
import { ensureNodeRole } from "../src/node-role.ts";
import {
  ControlDatabaseUnavailable,
  createNodeStore,
  type Gap,
  type NodeRow,
  type NodeStore,
} from "../src/node-store.ts";
import { deleteProject, setProjectStatus, updateLimits, writeProjectSecrets } from "../src/projects.ts";
import { generateSecretsKey, parseSecretsKey, SecretUnreadable } from "../src/secrets.ts";
import { createControlDatabase } from "./control-database.ts";
import { createActiveProject, createPlane, type TestPlane } from "./control-plane.ts";

let server: TestPostgres;
let url: string;
let plane: TestPlane;
beforeAll(async () => {
  server = await startTestPostgres();
  url = await createControlDatabase(server);
  plane = await createPlane(url);
  await using owner = await openClient(url);
  await ensureNodeRole(owner, "node");
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** As a node has it: the least-privilege role. */
function createStore(through = url): NodeStore {
  const nodeUrl = new URL(through);
  nodeUrl.username = "tidewire_node";
  return createNodeStore({ url: nodeUrl.href, secretsKey: plane.secretsKey });
}

function nodeRow(change: Partial<NodeRow> = {}): NodeRow {
  return {
    id: "local-1-a",
    boot: "boot-1",
    region: "local-1",
    url: "http://127.0.0.1:4000",
    adminUrl: "http://127.0.0.1:4900",
    pid: 42,
    version: "0.1.0",
    state: "ready",
    connections: 3,
    startedAtMs: 1_800_000_000_000,
    beatAtMs: 1_800_000_005_123,
    metrics: { heapBytes: 1 },
    ...change,
  };
}

describe("what a node reads", () => {
  test("is a project with its secrets open and the keys that count", async () => {
    await using store = createStore();
    const ref = await createActiveProject(plane);
    const publishable = await createApiKey(plane, ref, "publishable");
    const secret = await createApiKey(plane, ref, "secret", { expiresAt: new Date(4_000_000_000_000) });
    const revoked = await createApiKey(plane, ref, "secret");
    await createApiKey(plane, ref, "secret", { expiresAt: new Date(Date.now() - 1_000) });
    await revokeApiKey(plane.db, ref, revoked.id);
    await writeProjectSecrets(plane, ref, {
      jwtSecret: "signed with this",
      jwks: { keys: [{ kty: "oct", k: "x" }] },
    });
    await updateLimits(plane.db, ref, { maxEventsPerSecond: 7 });

    const record = await store.project(ref);

    expect(record).toMatchObject({
      ref,
      name: "Demo",
      region: "local-1",
      databaseUrl: "postgresql://owner:password@127.0.0.1/demo",
      jwtSecret: "signed with this",
      jwks: { keys: [{ kty: "oct", k: "x" }] },
      limits: { maxEventsPerSecond: 7, maxJoinsPerSecond: 100 },
      settings: { privateOnly: false, deletes: "compatible" },
    });
    expect(record?.keys).toHaveLength(2);
    expect(record?.keys).toContainEqual({
      kind: "publishable",
      hash: hashApiKey(publishable.value),
      expiresAtMs: undefined,
    });
    expect(record?.keys).toContainEqual({
      kind: "secret",
      hash: hashApiKey(secret.value),
      expiresAtMs: 4_000_000_000_000,
    });
  });

  test("is nothing for a project that is unknown, unfinished or being deleted", async () => {
    await using store = createStore();
    expect(await store.project("nosuchprojectatallxx")).toBeUndefined();
    const ref = await createActiveProject(plane);
    for (const status of ["provisioning", "failed", "deleting"] as const) {
      await setProjectStatus(plane.db, ref, status);
      expect(await store.project(ref)).toBeUndefined();
    }
  });

  test("cannot be opened with another key", async () => {
    const nodeUrl = new URL(url);
    nodeUrl.username = "tidewire_node";
    await using store = createNodeStore({
      url: nodeUrl.href,
      secretsKey: parseSecretsKey(generateSecretsKey()),
    });
    const ref = await createActiveProject(plane);
    await expect(store.project(ref)).rejects.toBeInstanceOf(SecretUnreadable);
    expect(store.status().ok).toBe(true);
  });
});

describe("what a node hears", () => {
  async function listening(store: NodeStore): Promise<string[]> {
    const heard: string[] = [];
    store.listen((ref) => heard.push(ref));
    await eventually(() => heard.includes("*"));
    heard.length = 0;
    return heard;
  }

  test("is the ref of every project that changed in a way that matters to it, with a higher version each time", async () => {
    await using store = createStore();
    const heard = await listening(store);
    const ref = await createActiveProject(plane);
    await eventually(() => heard.length === 2);

    let version = (await store.project(ref))?.version ?? 0;
    const key = await createApiKey(plane, ref, "secret");
    for (const change of [
      () => updateLimits(plane.db, ref, { maxJoinsPerSecond: 5 }),
      () => writeProjectSecrets(plane, ref, { jwtSecret: "other" }),
      () => createApiKey(plane, ref, "publishable"),
      () => revokeApiKey(plane.db, ref, key.id),
    ]) {
      heard.length = 0;
      await change();
      await eventually(() => heard.includes(ref));
      const next = (await store.project(ref))?.version ?? 0;
      expect(next).toBeGreaterThan(version);
      version = next;
    }

    heard.length = 0;
    await plane.db.apiKey.update({ where: { id: key.id }, data: { lastUsedAt: new Date() } });
    await plane.db.project.update({ where: { ref }, data: { provisioning: [] } });
    await deleteProject(plane.db, ref);
    await eventually(() => heard.length > 0);
    expect(heard).toEqual([ref]);
    expect(await store.project(ref)).toBeUndefined();
  });

  test("is * after an interruption, however it came about", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using store = createStore(relay.via(url));
    const heard = await listening(store);

    await using admin = await openClient(server.url());
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidewire-node-listen'",
    );
    await eventually(() => heard.includes("*"));

    heard.length = 0;
    relay.cut();
    await eventually(() => !store.status().ok);
    relay.mend();
    await eventually(() => heard.includes("*"));
    expect(store.status().ok).toBe(true);
  });

  test("is * after a silence in which nothing was closed", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using store = createStore(relay.via(url));
    const heard = await listening(store);
    relay.pause();
    await eventually(() => !store.status().ok, { withinMs: 12_000 });
    relay.resume();
    await eventually(() => heard.includes("*"), { withinMs: 12_000 });
  });
});

describe("what a node writes", () => {
  test("is its own row, as every node then reads it", async () => {
    await using store = createStore();
    const row = nodeRow({ id: "written" });
    expect(await store.beat(row)).toBe(true);
    expect(await store.beat({ ...row, connections: 4 })).toBe(true);
    expect((await store.nodes()).filter(({ id }) => id === "written")).toEqual([{ ...row, connections: 4 }]);
  });

  test("cannot bring back a boot that was replaced or has gone", async () => {
    await using store = createStore();
    const old = nodeRow({ id: "fenced" });
    const next = nodeRow({ id: "fenced", boot: "boot-2", startedAtMs: old.startedAtMs + 1 });
    expect(await store.beat(old)).toBe(true);
    expect(await store.beat(next)).toBe(true);
    expect(await store.beat(old)).toBe(false);
    await store.remove("fenced", "boot-1");
    expect((await store.nodes()).find(({ id }) => id === "fenced")).toMatchObject({
      boot: "boot-2",
      state: "ready",
    });
    await store.remove("fenced", "boot-2");
    expect(await store.beat(next)).toBe(false);
    expect((await store.nodes()).find(({ id }) => id === "fenced")).toMatchObject({
      state: "gone",
      connections: 0,
    });
  });

  test("are samples, many at once", async () => {
    await using store = createStore();
    await store.writeSamples([]);
    await store.writeSamples(
      Array.from({ length: 500 }, (_, index) => ({
        ref: index % 2 ? "sampled" : null,
        node: "n",
        name: "connections" as const,
        atMs: 1_800_000_000_000 + index,
        value: index / 2,
      })),
    );
    expect(await plane.db.metricSample.count({ where: { projectRef: "sampled" } })).toBe(250);
    expect(
      await plane.db.metricSample.findFirst({ where: { node: "n" }, orderBy: { at: "desc" } }),
    ).toMatchObject({
      at: new Date(1_800_000_000_499),
      value: 249.5,
    });
  });
});

describe("the use of a key", () => {
  test("moves its time by a minute or more, never back, and changes nothing for other nodes", async () => {
    await using store = createStore();
    const ref = await createActiveProject(plane);
    const used = await createApiKey(plane, ref, "publishable");
    const unused = await createApiKey(plane, ref, "secret");
    const version = (await store.project(ref))?.version;
    const lastUsed = async () =>
      (await plane.db.apiKey.findUniqueOrThrow({ where: { id: used.id } })).lastUsedAt?.getTime();
    const hash = hashApiKey(used.value);
    const first = 1_800_000_000_000;
    await store.writeKeyUses([]);
    for (const [atMs, kept] of [
      [first, first],
      [first + 59_999, first],
      [first + 60_000, first + 60_000],
      [first, first + 60_000],
    ] as const) {
      await store.writeKeyUses([
        { hash, atMs },
        { hash: hashApiKey("of nowhere"), atMs },
      ]);
      expect(await lastUsed()).toBe(kept);
    }
    expect((await plane.db.apiKey.findUniqueOrThrow({ where: { id: unused.id } })).lastUsedAt).toBeNull();
    expect((await store.project(ref))?.version).toBe(version);
  });
});

describe("the ledger of what was lost", () => {
  const gap = (change: Partial<Gap> = {}): Gap => ({
    ref: "losing",
    node: "n1",
    atMs: 1_800_000_000_000,
    fromLsn: "0/16B3748",
    toLsn: "16/B374D848",
    cause: "slot-over-limit",
    tables: ["public.todos", "realtime.messages"],
    channels: 3,
    ...change,
  });

  test("is written by nodes, each gap once, and read newest first", async () => {
    await using store = createStore();
    await store.writeGaps([]);
    await store.writeGaps([gap(), gap({ atMs: 1_800_000_001_000, cause: "slot-missing", tables: [] })]);
    await store.writeGaps([gap(), gap({ ref: "other" })]);
    const rows = await listGaps(plane.db, "losing", { limit: 10 });
    expect(rows).toEqual([
      { ...gap({ atMs: 1_800_000_001_000, cause: "slot-missing", tables: [] }), id: expect.any(String) },
      { ...gap(), id: expect.any(String) },
    ]);
    expect(await listGaps(plane.db, "losing", { limit: 1 })).toEqual(rows.slice(0, 1));
  });

  test("keeps what is young, and not too much of one project", async () => {
    await using store = createStore();
    const nowMs = Date.now();
    const of = (ref: string, agesS: number[]) =>
      agesS.map((ageS) => gap({ ref, atMs: nowMs - ageS * 1_000 }));
    await store.writeGaps([...of("much", [10, 20, 30]), ...of("old", [10, 3_600])]);
    await pruneGaps(plane.db, { olderThanMs: 600_000, keptMax: 2 });
    const ages = async (ref: string) =>
      (await listGaps(plane.db, ref, { limit: 10 })).map(({ atMs }) => (nowMs - atMs) / 1_000);
    expect(await ages("much")).toEqual([10, 20]);
    expect(await ages("old")).toEqual([10]);
  });
});

describe("without the control database", () => {
  test("[P9] every question fails in time and says so, and all goes on when it is back", async () => {
    await using own = await startTestPostgres();
    const controlUrl = await createControlDatabase(own);
    await using ownPlane = await createPlane(controlUrl);
    await using store = createNodeStore({ url: controlUrl, secretsKey: ownPlane.secretsKey });
    const ref = await createActiveProject(ownPlane);
    const heard: string[] = [];
    store.listen((changed) => heard.push(changed));
    await eventually(() => heard.includes("*"));
    expect(store.status().ok).toBe(true);

    const stoppedAtMs = Date.now();
    await own.stop();
    await eventually(() => !store.status().ok);
    expect(store.status().sinceMs).toBeGreaterThanOrEqual(stoppedAtMs);
    for (const question of [
      () => store.project(ref),
      () => store.nodes(),
      () => store.beat(nodeRow()),
      () => store.remove("a", "b"),
      () => store.writeSamples([{ ref, node: "n", name: "lagMs", atMs: 1, value: 1 }]),
    ]) {
      await expect(question()).rejects.toBeInstanceOf(ControlDatabaseUnavailable);
    }

    heard.length = 0;
    await own.start();
    await eventually(() => heard.includes("*"), { withinMs: 15_000 });
    expect(await store.project(ref)).toMatchObject({ ref });
    expect(await store.beat(nodeRow())).toBe(true);
    expect(store.status().ok).toBe(true);
  });

  test("[P9] a server that says nothing is given up on after five seconds", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using store = createStore(relay.via(url));
    await store.nodes();
    relay.pause();
    using watch = startStopwatch();
    await expect(store.nodes()).rejects.toBeInstanceOf(ControlDatabaseUnavailable);
    expect(watch.ms).toBeLessThan(6_500);
    relay.resume();
    await eventually(() => store.nodes());
  });

  test("closing does not wait for it", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    const store = createStore(relay.via(url));
    store.listen(() => undefined);
    await store.nodes();
    relay.pause();
    using watch = startStopwatch();
    await store.close();
    await store.close();
    expect(watch.ms).toBeLessThan(5_000);
  });
});
