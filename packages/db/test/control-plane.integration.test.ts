import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { randomRef } from "@tidewire/testkit/project-database";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashApiKey, parseApiKey } from "../src/api-key-format.ts";
import { createApiKey, createProjectKeys, listApiKeys, revokeApiKey, rotateApiKey } from "../src/api-keys.ts";
import { listAudit, recordAudit } from "../src/audit.ts";
import { createDb } from "../src/client.ts";
import { DbError } from "../src/errors.ts";
import { createNodeStore } from "../src/node-store.ts";
import { listNodes, markNodeGone, pruneNodes } from "../src/nodes.ts";
import { createOrganisation, membershipsOf } from "../src/organisations.ts";
import {
  createProject,
  deleteProject,
  findProject,
  listProjects,
  readProjectSecrets,
  setProvisioning,
  updateLimits,
  updateSettings,
  writeProjectSecrets,
} from "../src/projects.ts";
import { createRegion, deleteRegion, ensureRegion, listRegions, setDesiredNodes } from "../src/regions.ts";
import { pruneSamples, readSamples } from "../src/samples.ts";
import { createControlDatabase } from "./control-database.ts";
import { createActiveProject, createPlane, type TestPlane } from "./control-plane.ts";

let server: TestPostgres;
let url: string;
let plane: TestPlane;
beforeAll(async () => {
  server = await startTestPostgres();
  url = await createControlDatabase(server);
  plane = await createPlane(url);
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const newProject = () => ({
  name: "Shop",
  organisationId: plane.organisationId,
  regionId: "local-1",
  managed: true,
});

describe("projects", () => {
  test("begin with generated ref and secret, default limits, and no database", async () => {
    const project = await createProject(plane, newProject());
    expect(project).toMatchObject({
      name: "Shop",
      status: "provisioning",
      hasDatabase: false,
      limits: { maxConcurrentUsers: 200, databasePool: 2 },
      settings: { suspended: false },
      provisioning: [],
      version: 1,
    });
    expect(project.ref).toMatch(/^[a-z]{20}$/);
    expect(await findProject(plane.db, project.ref)).toEqual(project);
    expect(await listProjects(plane.db, [plane.organisationId])).toContainEqual(project);
    expect(await listProjects(plane.db, [])).toEqual([]);
    const secrets = await readProjectSecrets(plane, project.ref);
    expect(secrets).toMatchObject({ databaseUrl: null, jwks: null });
    expect(secrets.jwtSecret.length).toBeGreaterThanOrEqual(43);
  });

  test("keep their secrets sealed in the database, each in its own place", async () => {
    const { ref } = await createProject(plane, {
      ...newProject(),
      databaseUrl: "postgresql://u:hunter2@h/d",
    });
    await writeProjectSecrets(plane, ref, { jwks: { keys: [{ k: "hunter2" }] } });
    const row = await plane.db.project.findUniqueOrThrow({ where: { ref } });
    expect(JSON.stringify(row)).not.toContain("hunter2");
    const other = await createProject(plane, newProject());
    await plane.db.project.update({ where: { ref: other.ref }, data: { databaseUrl: row.databaseUrl } });
    await expect(readProjectSecrets(plane, other.ref)).rejects.toThrow(/cannot be opened/);
    expect(await readProjectSecrets(plane, ref)).toMatchObject({ databaseUrl: "postgresql://u:hunter2@h/d" });
    await writeProjectSecrets(plane, ref, { jwks: null });
    expect(await readProjectSecrets(plane, ref)).toMatchObject({ jwks: null });
  });

  test("change only what is named, and refuse what makes no sense", async () => {
    const { ref } = await createProject(plane, { ...newProject(), limits: { maxJoinsPerSecond: 9 } });
    const changed = await updateLimits(plane.db, ref, { maxEventsPerSecond: 1 });
    expect(changed.limits).toMatchObject({ maxJoinsPerSecond: 9, maxEventsPerSecond: 1 });
    expect((await updateSettings(plane.db, ref, { privateOnly: true })).settings.privateOnly).toBe(true);
    await expect(updateLimits(plane.db, ref, { maxEventsPerSecond: -1 })).rejects.toThrow();
    const steps = [{ id: "roles", title: "Roles", state: "failed" as const, error: "no" }];
    expect((await setProvisioning(plane.db, ref, steps)).provisioning).toEqual(steps);
  });

  test("that exist already, or do not exist, are refused by kind", async () => {
    const { ref } = await createProject(plane, newProject());
    await expect(createProject(plane, { ...newProject(), ref })).rejects.toMatchObject({ kind: "conflict" });
    await expect(createProject(plane, { ...newProject(), ref: "Bad" })).rejects.toBeInstanceOf(RangeError);
    await expect(createProject(plane, { ...newProject(), regionId: "mars" })).rejects.toMatchObject({
      kind: "in-use-or-missing",
    });
    await deleteProject(plane.db, ref);
    await expect(deleteProject(plane.db, ref)).rejects.toMatchObject({ kind: "not-found" });
    await expect(updateLimits(plane.db, ref, {})).rejects.toMatchObject({ kind: "not-found" });
    await expect(readProjectSecrets(plane, ref)).rejects.toMatchObject({ kind: "not-found" });
  });
});

describe("keys of a project", () => {
  test("come in four kinds; all but the secret one can be read again", async () => {
    const ref = await createActiveProject(plane);
    const { jwtSecret } = await readProjectSecrets(plane, ref);
    const keys = await createProjectKeys(plane, ref, jwtSecret);
    expect(parseApiKey(keys.publishable.value)).toBe("publishable");
    expect(parseApiKey(keys.secret.value)).toBe("secret");
    for (const [key, role] of [
      [keys.anon, "anon"],
      [keys.serviceRole, "service_role"],
    ] as const) {
      const { payload } = await jwtVerify(key.value, new TextEncoder().encode(jwtSecret));
      expect(payload).toMatchObject({ iss: "tidewire", ref, role });
      expect(payload.exp).toBeGreaterThan(Date.now() / 1_000 + 9 * 365 * 24 * 3_600);
    }
    const listed = new Map((await listApiKeys(plane, ref)).map((key) => [key.kind, key.value]));
    expect(listed).toEqual(
      new Map([
        ["publishable", keys.publishable.value],
        ["secret", null],
        ["anon", keys.anon.value],
        ["service_role", keys.serviceRole.value],
      ]),
    );
    const rows = await plane.db.apiKey.findMany({ where: { projectRef: ref } });
    expect(JSON.stringify(rows)).not.toContain(keys.secret.value);
    expect(rows.map(({ hash }) => hash)).toContain(hashApiKey(keys.secret.value));
  });

  test("are rotated with an overlap and revoked at once", async () => {
    const ref = await createActiveProject(plane);
    const old = await createApiKey(plane, ref, "publishable", { name: "web" });
    const successor = await rotateApiKey(plane, ref, old.id, { overlapMs: 60_000 });
    expect(successor).toMatchObject({ kind: "publishable", name: "web", expiresAt: null });
    await revokeApiKey(plane.db, ref, successor.id);
    await revokeApiKey(plane.db, ref, successor.id);
    const listed = new Map((await listApiKeys(plane, ref)).map((key) => [key.id, key]));
    expect(listed.get(old.id)?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 50_000);
    expect(listed.get(successor.id)?.revokedAt).toBeInstanceOf(Date);
  });

  test("of another project are out of reach", async () => {
    const [mine, theirs] = [await createActiveProject(plane), await createActiveProject(plane)];
    const key = await createApiKey(plane, theirs, "secret");
    await expect(revokeApiKey(plane.db, mine, key.id)).rejects.toMatchObject({ kind: "not-found" });
    await expect(rotateApiKey(plane, mine, key.id, { overlapMs: 0 })).rejects.toMatchObject({
      kind: "not-found",
    });
    await expect(createApiKey(plane, randomRef(), "secret")).rejects.toMatchObject({
      kind: "in-use-or-missing",
    });
  });
});

describe("organisations and regions", () => {
  test("an organisation's first member owns it", async () => {
    await createOrganisation(plane.db, { name: "Second", ownerId: plane.ownerId });
    expect(await membershipsOf(plane.db, plane.ownerId)).toMatchObject([
      { organisationName: "Test", role: "owner" },
      { organisationName: "Second", role: "owner" },
    ]);
    expect(await membershipsOf(plane.db, "stranger")).toEqual([]);
  });

  test("a region keeps its wish, takes a sensible one, and stays while a project lives there", async () => {
    await createRegion(plane.db, { id: "eu-1", name: "Europe", desiredNodes: 2 });
    await ensureRegion(plane.db, { id: "eu-1", name: "Other", desiredNodes: 9 });
    expect(await listRegions(plane.db)).toContainEqual(
      expect.objectContaining({ id: "eu-1", name: "Europe", desiredNodes: 2 }),
    );
    expect(await setDesiredNodes(plane.db, "eu-1", 3)).toMatchObject({ desiredNodes: 3 });
    await expect(setDesiredNodes(plane.db, "eu-1", 1.5)).rejects.toBeInstanceOf(RangeError);
    await expect(createRegion(plane.db, { id: "eu-1", name: "Again" })).rejects.toMatchObject({
      kind: "conflict",
    });
    const { ref } = await createProject(plane, { ...newProject(), regionId: "eu-1" });
    await expect(deleteRegion(plane.db, "eu-1")).rejects.toMatchObject({ kind: "in-use-or-missing" });
    await deleteProject(plane.db, ref);
    await deleteRegion(plane.db, "eu-1");
  });
});

describe("nodes and their samples", () => {
  test("a node's silence is measured by the database, whatever the node's clock says", async () => {
    await using store = createNodeStore({ url, secretsKey: plane.secretsKey });
    const row = { id: "n-1", boot: "b-1", region: "local-1", url: "u", adminUrl: "a", pid: 1, version: "0" };
    await store.beat({ ...row, state: "ready", connections: 5, startedAtMs: 0, beatAtMs: 0, metrics: {} });
    const [node] = await listNodes(plane.db);
    expect(node).toMatchObject({ ...row, state: "ready", connections: 5, beatAtMs: 0 });
    expect(node?.silentMs).toBeLessThan(10_000);
    expect(await pruneNodes(plane.db, { silentMs: 60_000 })).toBe(0);
    await markNodeGone(plane.db, "n-1", "another boot");
    expect((await listNodes(plane.db))[0]?.state).toBe("ready");
    await markNodeGone(plane.db, "n-1", "b-1");
    expect((await listNodes(plane.db))[0]).toMatchObject({ state: "gone", connections: 0 });
    expect(await pruneNodes(plane.db, { silentMs: 0 })).toBe(1);
  });

  test("samples are cut into buckets in the database; a gap stays a gap", async () => {
    await using store = createNodeStore({ url, secretsKey: plane.secretsKey });
    const fromMs = Date.now() - 60_000;
    const at = (seconds: number) => fromMs + seconds * 1_000;
    const sample = { ref: "p", node: "a", name: "lagMs" } as const;
    await store.writeSamples([
      { ...sample, atMs: at(0), value: 10 },
      { ...sample, atMs: at(9.9), value: 30 },
      { ...sample, atMs: at(30), value: 5 },
      { ...sample, atMs: at(60), value: 99 },
      { ...sample, node: "b", atMs: at(1), value: 1 },
      { ...sample, name: "changes", atMs: at(1), value: 7 },
      { ...sample, ref: null, atMs: at(1), value: 3 },
    ]);
    const range = { ref: "p", names: ["lagMs"], fromMs, toMs: fromMs + 60_000, points: 6 } as const;
    const { bucketMs, series } = await readSamples(plane.db, range);
    expect(bucketMs).toBe(10_000);
    expect(series).toEqual([
      {
        name: "lagMs",
        node: "a",
        points: [
          { atMs: at(0), average: 20, maximum: 30, sum: 40, count: 2 },
          { atMs: at(30), average: 5, maximum: 5, sum: 5, count: 1 },
        ],
      },
      { name: "lagMs", node: "b", points: [{ atMs: at(0), average: 1, maximum: 1, sum: 1, count: 1 }] },
    ]);
    expect((await readSamples(plane.db, { ...range, node: "b" })).series).toHaveLength(1);
    expect((await readSamples(plane.db, { ...range, ref: null })).series[0]?.points[0]?.sum).toBe(3);
    expect(await pruneSamples(plane.db, { olderThanMs: 45_000 })).toBe(5);
    expect((await readSamples(plane.db, range)).series[0]?.points).toHaveLength(1);
  });
});

describe("the audit trail", () => {
  test("is read newest first, page by page, and stands or falls with its change", async () => {
    const { organisationId } = plane;
    for (const action of ["a.first", "a.second", "a.third"]) {
      await recordAudit(plane.db, { organisationId, actor: "o@t.w", action, target: "x", after: { n: 1 } });
    }
    const failing = plane.db.$transaction(async (transaction) => {
      await recordAudit(transaction, { organisationId, actor: "o@t.w", action: "a.undone", target: "x" });
      throw new Error("undone");
    });
    await expect(failing).rejects.toThrow("undone");
    const page = await listAudit(plane.db, { organisationId, limit: 2 });
    expect(page.map(({ action }) => action)).toEqual(["a.third", "a.second"]);
    const rest = await listAudit(plane.db, { organisationId, limit: 2, before: page.at(-1)?.id });
    expect(rest).toMatchObject([{ action: "a.first", after: { n: 1 }, before: null, projectRef: undefined }]);
  });
});

describe("a control database that is away", () => {
  test("is told apart from a refusal, in time", async () => {
    const db = createDb({ url: "postgresql://x@127.0.0.1:1/none" });
    const failure = await listRegions(db).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DbError);
    expect(failure).toMatchObject({ kind: "unavailable" });
    const raw = await listNodes(db).catch((error: unknown) => error);
    expect(raw).toMatchObject({ kind: "unavailable" });
    await db.$disconnect();
  });

  test("and says nothing is given up on", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    const db = createDb({ url: relay.via(url) });
    await listRegions(db);
    relay.pause();
    const failure = await listRegions(db).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "DbError", kind: "unavailable" });
    relay.resume();
    await eventually(() => listRegions(db));
    await db.$disconnect();
  });
});
