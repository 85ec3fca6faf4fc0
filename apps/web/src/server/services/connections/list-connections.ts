import type { ProjectScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { ConnectionList } from "../../views/connection.ts";
import { askNodes } from "../nodes/ask-nodes.ts";

/** Newest first. */
export async function listConnections({
  resources,
  project: { ref },
}: ProjectScope): Promise<ConnectionList> {
  const result = await askNodes(resources, (node, options) => node.connections.query({ ref }, options));
  const connections = result.replies.flatMap(({ value }) => value).sort((a, b) => b.sinceMs - a.sinceMs);
  return { ...toSurveyed(result), connections };
}
