import {
  findProjectByExternalId,
  listProjects,
  type Project,
  readProjectSecrets,
} from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import { toTenant } from "../../tenant-api/to-tenant.ts";

export type Tenant = ReturnType<typeof toTenant>;

/** Every project of every organisation: whoever signs tokens for the tenant API runs the installation. */
export async function listTenants(resources: Resources): Promise<Tenant[]> {
  const projects = await listProjects(resources.db);
  return Promise.all(projects.map((project) => describeTenant(resources, project)));
}

export async function findTenant(resources: Resources, externalId: string): Promise<Tenant | undefined> {
  const project = await findProjectByExternalId(resources.db, externalId);
  return project && describeTenant(resources, project);
}

export async function describeTenant(resources: Resources, project: Project): Promise<Tenant> {
  const { databaseUrl } = await readProjectSecrets(resources, project.ref);
  return toTenant(project, databaseUrl, resources.secretsKey);
}
