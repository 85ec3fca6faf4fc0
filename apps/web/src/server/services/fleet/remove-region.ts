import type { MemberScope } from "../../context.ts";

export async function removeRegion(_ctx: MemberScope, _region: string): Promise<void> {
  throw new Error("being written");
}
