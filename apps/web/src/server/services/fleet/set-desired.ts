import type { MemberScope } from "../../context.ts";

export async function setDesired(_ctx: MemberScope, _input: { region: string; desired: number }): Promise<void> {
  throw new Error("being written");
}
