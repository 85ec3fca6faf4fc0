import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";
import { commandNode } from "../nodes/command-node.ts";

/**
 * Closes one socket of this project.
 *
 * @returns false when it was gone already
 * @throws Problem
 */
export async function kickConnection(
  ctx: ProjectScope,
  { node, connection }: { node: string; connection: string },
): Promise<{ found: boolean }> {
  const { ref } = ctx.project;
  const answer = await commandNode(ctx.resources, node, async (client, options) => {
    // The node knows connections by id alone; whose it is must be asked before it is closed.
    const own = await client.connections.query({ ref }, options);
    if (!own.some(({ id }) => id === connection)) return { found: false };
    return client.kick.mutate({ connection }, options);
  });
  await recordEvent(ctx, { action: "connection.kick", target: connection, projectRef: ref });
  return answer;
}
