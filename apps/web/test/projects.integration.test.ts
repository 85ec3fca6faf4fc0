import { eventually } from "@tidewire/testkit/eventually";
import { openClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootstrap } from "../src/server/services/bootstrap/bootstrap.ts";
import type { Provisioning } from "../src/server/views/project.ts";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { type Caller, signInAs } from "./sign-in.ts";

let plane: TestControlPlane;
let caller: Caller;
beforeAll(async () => {
  plane = await startControlPlane();
  caller = await signInAs(plane.resources, ADMIN.email);
});
afterAll(() => plane[Symbol.asyncDispose]());

/** Waits until the project is ready or one of its steps has failed. */
async function settled(ref: string): Promise<Provisioning> {
  let last: Provisioning | undefined;
  for await (const view of await caller.projects.provisioning({ ref })) {
    last = view;
    if (view.state === "failed") break;
  }
  if (last === undefined) throw new Error("no progress was told");
  return last;
}

const failedStep = ({ steps }: Provisioning) => steps.find(({ state }) => state === "failed");

test("a managed project is made step by step, up to the node that is missing here, and deleted with all it had", async () => {
  const { ref } = await caller.projects.create({
    name: "Shop",
    region: "local-1",
    database: { kind: "managed" },
  });
  const end = await settled(ref);
  expect(end.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    "check-database done",
    "create-database done",
    "migrate-tenant done",
    "publications done",
    "keys done",
    "reach-node failed",
  ]);
  expect(failedStep(end)?.error?.message).toContain("no node is running");
  const detail = await caller.projects.byRef({ ref });
  expect(detail).toMatchObject({
    name: "Shop",
    state: "failed",
    role: "owner",
    database: { kind: "managed", name: `tw_${ref}` },
  });
  expect(detail.publishableKey).toMatch(/^tw_publishable_/);

  await expect(caller.projects.delete({ ref, name: "Shopp" })).rejects.toThrow("does not match");
  await caller.projects.delete({ ref, name: "Shop" });
  await using admin = await openClient(plane.postgres.url());
  expect((await admin.query("select from pg_database where datname = $1", [`tw_${ref}`])).rowCount).toBe(0);
  expect((await admin.query("select from pg_roles where rolname = $1", [`tw_${ref}`])).rowCount).toBe(0);
  await expect(caller.projects.byRef({ ref })).rejects.toThrow("no such project");
});

test("a failed step says why and names the SQL that helps, and a retry goes on from there", async () => {
  await using admin = await openClient(plane.postgres.url());
  await admin.query("create role tenant login password 'pw' createrole bypassrls");
  await admin.query("create database own_project owner tenant template template0");
  const url = new URL(plane.postgres.url("own_project"));
  url.username = "tenant";
  url.password = "pw";

  const { ref } = await caller.projects.create({
    name: "Own",
    region: "local-1",
    database: { kind: "own", url: url.href },
  });
  const failed = await settled(ref);
  expect(failedStep(failed)).toMatchObject({ id: "check-database" });
  expect(failedStep(failed)?.error?.message).toContain("REPLICATION");
  expect(failedStep(failed)?.error?.remedy).toContain("alter role tenant with replication");
  expect(failed.steps.slice(1).map(({ state }) => state)).toEqual([
    "waiting",
    "waiting",
    "waiting",
    "waiting",
  ]);

  let retried = failed;
  for (let attempt = 0; failedStep(retried)?.id === "check-database" && attempt < 4; attempt++) {
    await admin.query(failedStep(retried)?.error?.remedy ?? "");
    await caller.projects.retryStep({ ref });
    retried = await settled(ref);
  }
  expect(failedStep(retried)?.id).toBe("reach-node");
  expect(retried.steps.slice(0, 4).every(({ state, ms }) => state === "done" && ms !== null)).toBe(true);

  await caller.projects.delete({ ref, name: "Own" });
  expect((await admin.query("select from pg_database where datname = 'own_project'")).rowCount).toBe(1);
});

test("a project whose address was wrong leaves nothing behind", async () => {
  const { ref } = await caller.projects.create({
    name: "Nowhere",
    region: "local-1",
    database: { kind: "own", url: "postgresql://somebody:pw@127.0.0.1:1/nothing" },
  });
  const failed = await settled(ref);
  expect(failedStep(failed)?.error?.message).toContain("connection refused");
  await caller.projects.delete({ ref, name: "Nowhere" });
  expect((await caller.projects.list()).projects.map(({ name }) => name)).toEqual(["Demo"]);
});

test("a project half made by a server that died is finished by the next", async () => {
  const { ref } = await caller.projects.create({
    name: "Half",
    region: "local-1",
    database: { kind: "managed" },
  });
  await settled(ref);
  await plane.resources.db.project.update({
    where: { ref },
    data: {
      status: "provisioning",
      provisioning: [
        { id: "check-database", title: "a", state: "done" },
        { id: "create-database", title: "b", state: "running" },
        { id: "migrate-tenant", title: "c", state: "waiting" },
      ],
    },
  });
  await plane.resources.provisioning.resume();
  await eventually(async () => expect((await caller.projects.byRef({ ref })).state).toBe("ready"));
  await caller.projects.delete({ ref, name: "Half" });
});

test.each([
  ["postgresql://x:y@127.0.0.1:1/a", "reachable", "connection refused"],
  ["postgresql://x:y@does-not-exist.invalid/a", "reachable", "host name"],
])(
  "a bad database URL (%s) is told in a sentence, and nothing else is claimed",
  async (url, id, sentence) => {
    const report = await caller.projects.checkDatabase({ url });
    expect(report.ok).toBe(false);
    expect(report.roundTripMs).toBeNull();
    expect(report.checks.find((check) => check.id === id)?.message).toContain(sentence);
    expect(report.checks.filter(({ state }) => state === "skipped")).toHaveLength(8);
  },
);

test("a URL that is no Postgres URL does not get as far as a connection", async () => {
  await expect(caller.projects.checkDatabase({ url: "mysql://root@localhost/a" })).rejects.toThrow(
    "postgresql://",
  );
});

test("limits and settings change at once and are written down with who did it", async () => {
  const ref = "demo0000000000000000";
  const before = await caller.projects.byRef({ ref });
  await caller.projects.updateLimits({ ref, limits: { ...before.limits, maxEventsPerSecond: 7 } });
  await caller.projects.updateSettings({ ref, settings: { ...before.settings, privateOnly: true } });
  await caller.projects.rename({ ref, name: "Renamed" });
  expect(await caller.projects.byRef({ ref })).toMatchObject({
    name: "Renamed",
    limits: { ...before.limits, maxEventsPerSecond: 7 },
    settings: { privateOnly: true },
  });
  const events = await plane.resources.db.auditEvent.findMany({
    where: { projectRef: ref, actor: ADMIN.email },
  });
  expect(events.map(({ action }) => action).sort()).toEqual([
    "project.limits",
    "project.rename",
    "project.settings",
  ]);
  expect(events.every(({ ipAddress }) => ipAddress === "127.0.0.1")).toBe(true);
});

test("a member of another organisation learns nothing, not even that the project exists", async () => {
  const stranger = { email: "stranger@example.com", password: "another horse" };
  await plane.resources.db.auditEvent.deleteMany({ where: { action: "bootstrap.complete" } });
  const seedFile = `${plane.homeDir}/empty.json`;
  const { writeFile } = await import("node:fs/promises");
  await writeFile(seedFile, '{"projects":[]}');
  await bootstrap({ ...plane.bootstrapOptions, admin: stranger, seedFile });
  const other = await signInAs(plane.resources, stranger.email);
  expect((await other.projects.list()).projects).toEqual([]);
  await expect(other.projects.byRef({ ref: "demo0000000000000000" })).rejects.toThrow("no such project");
  await expect(other.keys.list({ ref: "demo0000000000000000" })).rejects.toThrow("no such project");
});

test("a viewer looks and does not touch", async () => {
  await plane.resources.db.membership.updateMany({
    where: { user: { email: ADMIN.email } },
    data: { role: "viewer" },
  });
  const ref = "demo0000000000000000";
  await expect(caller.projects.byRef({ ref })).resolves.toMatchObject({ role: "viewer" });
  await expect(caller.projects.rename({ ref, name: "Mine" })).rejects.toThrow("role");
  await expect(caller.keys.reveal({ ref })).rejects.toThrow("role");
  await expect(caller.fleet.addRegion({ id: "eu", name: "Europe" })).rejects.toThrow("role");
  await plane.resources.db.membership.updateMany({
    where: { user: { email: ADMIN.email } },
    data: { role: "owner" },
  });
});
