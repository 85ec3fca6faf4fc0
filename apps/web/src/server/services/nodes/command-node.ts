import type { NodeClient } from "../../fleet/node-client.ts";
import { Problem } from "../../problem.ts";
import type { Resources } from "../../resources.ts";
import { findNode } from "./find-node.ts";

const DEADLINE_MS = 3_000;

/** Tells one node to do something. @throws Problem `NodeNotFound`, `NodeSilent` */
export async function commandNode<T>(
  { directory, clients }: Pick<Resources, "directory" | "clients">,
  id: string,
  command: (client: NodeClient, options: { signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const node = await findNode({ directory }, id);
  try {
    return await command(clients.at(node.adminUrl), { signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (cause) {
    throw new Problem("NodeSilent", { message: `Node ${id} does not answer on its admin port.`, cause });
  }
}
