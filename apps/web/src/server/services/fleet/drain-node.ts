import type { MemberScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";
import { commandNode } from "../nodes/command-node.ts";

/** The node closes its connections in order and ends; the reconciler starts it anew if its region still wants it. */
export async function drainNode(ctx: MemberScope, node: string): Promise<void> {
  await commandNode(ctx.resources, node, (client, options) => client.drain.mutate(undefined, options));
  await recordEvent(ctx, { action: "node.drain", target: node });
}
