import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";
import { commandNode } from "../nodes/command-node.ts";

export interface Member {
  node: string;
  topic: string;
  phxRef: string;
}

/** Takes one member out of a presence list. @returns false when it was gone already; @throws Problem */
export async function evictMember(
  ctx: ProjectScope,
  { node, topic, phxRef }: Member,
): Promise<{ found: boolean }> {
  const { ref } = ctx.project;
  const answer = await commandNode(ctx.resources, node, (client, options) =>
    client.evict.mutate({ ref, topic, phxRef }, options),
  );
  await recordEvent(ctx, { action: "presence.evict", target: `${topic}/${phxRef}`, projectRef: ref });
  return answer;
}
