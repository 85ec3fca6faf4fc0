import { generateSecretsKey } from "@tidewire/db/secrets";
import { openClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootstrap } from "../src/server/services/bootstrap/bootstrap.ts";
import { describeProjects } from "../src/server/services/bootstrap/describe-projects.ts";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const nodeUrlOf = () => "http://localhost:4000";
const describeAll = () => describeProjects({ ...plane.bootstrapOptions, nodeUrlOf });

test("a fresh home has one project, demo, whose database is ready for clients", async () => {
  const projects = await describeAll();
  expect(projects).toHaveLength(1);
  expect(projects[0]).toMatchObject({
    ref: "demo0000000000000000",
    name: "Demo",
    region: "local-1",
    url: "http://localhost:4000/p/demo0000000000000000",
  });
  expect(projects[0]?.publishableKey).toMatch(/^tw_publishable_/);
  expect(projects[0]?.anonKey).toMatch(/^eyJ/);
  await using client = await openClient(projects[0]?.databaseUrl ?? "");
  const { rows } = await client.query("select pubname from pg_publication order by 1");
  expect(rows.map((row) => row.pubname)).toContain("supabase_realtime");
  await client.query("create table made_outside (id int primary key)");
});

test("a second start makes nothing anew and says that it ignores the seed", async () => {
  const lines: string[] = [];
  const again = await bootstrap({
    ...plane.bootstrapOptions,
    seedFile: "/nowhere.json",
    say: (line) => lines.push(line),
  });
  expect(again).toEqual({ isFresh: false, secretKeys: {} });
  expect(lines).toHaveLength(1);
  expect(await describeAll()).toHaveLength(1);
});

test("the first owner can sign in, with the right password only", async () => {
  const { auth } = plane.resources;
  const signIn = (password: string) =>
    auth.api.signInEmail({ body: { email: ADMIN.email, password }, asResponse: true });
  expect((await signIn(ADMIN.password)).status).toBe(200);
  expect((await signIn("wrong password")).status).toBe(401);
});

test("nobody signs up by himself", async () => {
  const body = { email: "new@example.com", password: "long enough", name: "New" };
  const response = await plane.resources.auth.api.signUpEmail({ body, asResponse: true });
  expect(response.status).toBe(400);
});

test("an interrupted bootstrap is finished by the next", async () => {
  await plane.resources.db.auditEvent.deleteMany({ where: { action: "bootstrap.complete" } });
  const again = await bootstrap(plane.bootstrapOptions);
  expect(again.isFresh).toBe(true);
  expect(again.secretKeys.demo0000000000000000).toMatch(/^tw_secret_/);
  expect(await describeAll()).toHaveLength(1);
});

test("a stack that runs fewer nodes this time takes the other regions' nodes back", async () => {
  const only = { ...plane.bootstrapOptions, onlyTheseRegions: true };
  const regions = [
    { id: "local-1", name: "One", nodes: 1 },
    { id: "local-2", name: "Two", nodes: 1 },
  ] as const;
  await bootstrap({ ...only, regions });
  await bootstrap({ ...only, regions: [regions[0]] });
  const rows = await plane.resources.db.region.findMany({ orderBy: { id: "asc" } });
  expect(rows.map(({ id, desiredNodes }) => [id, desiredNodes])).toEqual([
    ["local-1", 1],
    ["local-2", 0],
  ]);
});

test("a secrets key that is not this home's is refused before anything is shown", async () => {
  const options = { ...plane.bootstrapOptions, secretsKey: generateSecretsKey(), nodeUrlOf };
  await expect(describeProjects(options)).rejects.toThrow(/opened/);
});
