import type { MemberScope } from "../../context.ts";

export async function drainNode(_ctx: MemberScope, _node: string): Promise<void> {
  throw new Error("being written");
}
