import type { MemberScope } from "../../context.ts";
import type { NodeLog } from "../../views/fleet.ts";

export async function readNodeLog(_ctx: MemberScope, _node: string): Promise<NodeLog> {
  throw new Error("being written");
}
