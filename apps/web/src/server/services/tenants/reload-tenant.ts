import { findProjectByExternalId } from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import { askNodes } from "../nodes/ask-nodes.ts";

/** Every node lets go of the tenant's database and asks its clients to come back. False when there is no such tenant. */
export async function reloadTenant(resources: Resources, externalId: string): Promise<boolean> {
  const project = await findProjectByExternalId(resources.db, externalId);
  if (project === undefined) return false;
  const { ref } = project;
  await askNodes(resources, (node, options) => node.reload.mutate({ ref }, options));
  return true;
}

/** Only the database; clients stay. False when there is no such tenant. */
export async function shutdownTenant(resources: Resources, externalId: string): Promise<boolean> {
  const project = await findProjectByExternalId(resources.db, externalId);
  if (project === undefined) return false;
  const { ref } = project;
  await askNodes(resources, (node, options) => node.shutdown.mutate({ ref }, options));
  return true;
}
