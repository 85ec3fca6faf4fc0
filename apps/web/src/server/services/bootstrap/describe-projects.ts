import { listApiKeys } from "@tidewire/db/api-keys";
import { createDb } from "@tidewire/db/client";
import { withDatabase } from "@tidewire/db/connect-once";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { managedDatabaseName } from "@tidewire/db/managed-database";
import { listProjects, type Project, readProjectSecrets } from "@tidewire/db/projects";
import { parseSecretsKey } from "@tidewire/db/secrets";
import { toProjectUrl } from "../projects/project-url.ts";

/** A project with all its secrets but the secret API key, of which only a hash is kept: for `run.json`. */
export interface ProjectAccess {
  ref: string;
  name: string;
  region: string;
  url: string;
  publishableKey: string;
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  /** Of somebody who may do anything in that database; of a managed one, the server's own administrator. */
  databaseUrl: string;
}

export interface DescribeOptions {
  databaseUrl: string;
  managedUrl: string;
  secretsKey: string;
  /** Where a region's clients connect. */
  nodeUrlOf(region: string): string;
}

/** Every active project, oldest first. */
export async function describeProjects(options: DescribeOptions): Promise<ProjectAccess[]> {
  const db = createDb({ url: options.databaseUrl, connectionsMax: 2 });
  try {
    const plane = { db, secretsKey: parseSecretsKey(options.secretsKey) };
    const active = (await listProjects(db)).filter(({ status }) => status === "active").reverse();
    return await Promise.all(active.map((project) => describe(plane, project, options)));
  } finally {
    await db.$disconnect();
  }
}

async function describe(
  plane: ControlPlane,
  project: Project,
  options: DescribeOptions,
): Promise<ProjectAccess> {
  const { ref, name, regionId: region, managed } = project;
  const { jwtSecret, databaseUrl } = await readProjectSecrets(plane, ref);
  const keys = await listApiKeys(plane, ref);
  const findKey = (kind: string) =>
    keys.find((key) => key.kind === kind && key.revokedAt === null)?.value ?? "";
  return {
    ref,
    name,
    region,
    url: toProjectUrl(options.nodeUrlOf(region), ref),
    publishableKey: findKey("publishable"),
    anonKey: findKey("anon"),
    serviceRoleKey: findKey("service_role"),
    jwtSecret,
    databaseUrl: managed ? withDatabase(options.managedUrl, managedDatabaseName(ref)) : (databaseUrl ?? ""),
  };
}
