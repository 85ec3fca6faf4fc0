import { randomBytes } from "node:crypto";
import { createProjectKeys, type ProjectKeys } from "@tidewire/db/api-keys";
import { createDb } from "@tidewire/db/client";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { migrateControlDatabase } from "@tidewire/db/migrate";
import { ensureNodeRole } from "@tidewire/db/node-role";
import { createProject, setProjectStatus } from "@tidewire/db/projects";
import { ensureRegion } from "@tidewire/db/regions";
import { generateSecretsKey, parseSecretsKey } from "@tidewire/db/secrets";
import type { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import type { TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, openClient, type ProjectDatabase } from "@tidewire/testkit/project-database";
import type pg from "pg";

const REGION = "local-1";

/** A migrated control database and what a node needs to read it. */
export interface TestControlPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly secretsKey: string;
  /** URL of the least-privilege role. */
  readonly nodeUrl: string;
}

export async function createTestControlPlane(server: TestPostgres): Promise<TestControlPlane> {
  const database = `control_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const role = `node_${randomBytes(6).toString("hex")}`;
  await onServer(server.url(), (admin) => admin.query(`create database ${database} template template0`));
  await migrateControlDatabase(server.url(database));
  await onServer(server.url(database), (owner) => ensureNodeRole(owner, password, role));
  const nodeUrl = new URL(server.url(database));
  nodeUrl.username = role;
  nodeUrl.password = password;
  const secretsKey = generateSecretsKey();
  const db = createDb({ url: server.url(database), connectionsMax: 2 });
  return {
    plane: { db, secretsKey: parseSecretsKey(secretsKey) },
    secretsKey,
    nodeUrl: nodeUrl.href,
    [Symbol.asyncDispose]: () => db.$disconnect(),
  };
}

export interface TestProject {
  readonly ref: string;
  readonly jwtSecret: string;
  readonly keys: ProjectKeys;
  readonly database: ProjectDatabase;
}

export interface TestProjectOptions {
  limits?: Partial<ProjectLimits>;
  settings?: Partial<ProjectSettings>;
}

/** An active project with keys and a migrated database on `server`, as the dashboard would make it. */
export async function createTestProject(
  { plane }: TestControlPlane,
  server: TestPostgres,
  { limits, settings }: TestProjectOptions = {},
): Promise<TestProject> {
  const database = await createProjectDatabase(server);
  const { ref, jwtSecret, databaseUrl } = database;
  await ensureRegion(plane.db, { id: REGION, name: "Local" });
  const { id: organisationId } = await plane.db.organisation.create({ data: { name: "Test" } });
  const project = { ref, name: "Test", organisationId, regionId: REGION, managed: true };
  await createProject(plane, { ...project, databaseUrl, jwtSecret, limits, settings });
  const keys = await createProjectKeys(plane, ref, jwtSecret);
  await setProjectStatus(plane.db, ref, "active");
  return { ref, jwtSecret, keys, database };
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  await using client = await openClient(url);
  await work(client);
}
