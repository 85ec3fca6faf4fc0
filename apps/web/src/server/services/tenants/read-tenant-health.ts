import { findProjectByExternalId } from "@tidewire/db/projects";
import { z } from "zod";
import type { Resources } from "../../resources.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { newestHome } from "../replication/newest-home.ts";
import { prepareAgain } from "./update-tenant.ts";

export const TenantHealth = z.object({
  healthy: z.boolean(),
  db_connected: z.boolean(),
  replication_connected: z.boolean(),
  /** Connections on all nodes that answered. */
  connected_cluster: z.int(),
  /** Of the node that holds the database, else of any that answered; null when none did. */
  region: z.string().nullable(),
  node: z.string().nullable(),
});
export type TenantHealth = z.infer<typeof TenantHealth>;

/**
 * Unlike Supabase's, a tenant is healthy with users and without a database connection when nothing they do needs one.
 * It is not when its database is lost or was never prepared (that is begun again here), or when no node answers.
 * Undefined when there is no such tenant.
 */
export async function readTenantHealth(
  resources: Resources,
  externalId: string,
): Promise<TenantHealth | undefined> {
  const project = await findProjectByExternalId(resources.db, externalId);
  if (project === undefined) return undefined;
  const { ref } = project;
  const { replies } = await askNodes(resources, (node, options) =>
    Promise.all([node.project.query({ ref }, options), node.replication.query({ ref }, options)]),
  );
  if (project.status === "failed") await prepareAgain(resources, project);
  const home = newestHome(replies.map(({ value: [, replication] }) => replication));
  const isConnected = home?.state === "streaming" || home?.state === "idle";
  const isPrepared = project.status === "active";
  return {
    healthy: isPrepared && replies.length > 0 && (home === null || home.state !== "lost"),
    db_connected: isConnected,
    replication_connected: home?.state === "streaming",
    connected_cluster: replies.reduce(
      (sum, { value: [known] }) => sum + (known?.counters.connections ?? 0),
      0,
    ),
    region: home?.region ?? replies[0]?.region ?? null,
    node: home?.node ?? replies[0]?.node ?? null,
  };
}
