import type { Resources } from "../../resources.ts";
import { chooseNode } from "../nodes/choose-node.ts";

/** Where a region's clients connect to now; the configured address when no node is known. */
export async function findNodeUrl(
  { directory, env }: Pick<Resources, "directory" | "env">,
  region: string,
): Promise<string> {
  return chooseNode(await directory.expected(), region)?.url ?? env.nodePublicUrl;
}
