import type { NodeClient } from "../../fleet/node-client.ts";
import { type SurveyResult, survey } from "../../fleet/survey.ts";
import type { Resources } from "../../resources.ts";

/** Asks every node that ought to be there; see {@link survey}. Does not reject. */
export async function askNodes<T>(
  { directory, clients, nowMs }: Pick<Resources, "directory" | "clients" | "nowMs">,
  ask: (client: NodeClient, options: { signal: AbortSignal }) => Promise<T>,
): Promise<SurveyResult<T>> {
  const nodes = await directory.expected();
  return survey(nodes, (node, signal) => ask(clients.at(node.adminUrl), { signal }), { nowMs });
}
