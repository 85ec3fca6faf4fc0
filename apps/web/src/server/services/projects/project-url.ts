import type { Resources } from "../../resources.ts";
import { chooseNode } from "../nodes/choose-node.ts";

/** What `createClient` takes, e.g. `http://localhost:4000/p/<ref>`. */
export function toProjectUrl(nodeUrl: string, ref: string): string {
  return `${nodeUrl.replace(/\/$/, "")}/p/${ref}`;
}

export function toWebSocketUrl(projectUrl: string): string {
  return `${projectUrl.replace(/^http/, "ws")}/realtime/v1/websocket`;
}

/** Where a region's clients connect to now; the configured address when no node is known. */
export async function findNodeUrl(
  { directory, env }: Pick<Resources, "directory" | "env">,
  region: string,
): Promise<string> {
  return chooseNode(await directory.expected(), region)?.url ?? env.nodePublicUrl;
}
