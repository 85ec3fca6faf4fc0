import type { MemberScope } from "../../context.ts";

export async function addRegion(_ctx: MemberScope, _input: { id: string; name: string }): Promise<void> {
  throw new Error("being written");
}
