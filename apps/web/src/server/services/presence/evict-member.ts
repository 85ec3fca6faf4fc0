import type { ProjectScope } from "../../context.ts";

export async function evictMember(_ctx: ProjectScope, _input: { node: string; topic: string; phxRef: string }): Promise<void> {
  throw new Error("being written");
}
