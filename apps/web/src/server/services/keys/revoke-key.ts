import type { ProjectScope } from "../../context.ts";

export async function revokeKey(_ctx: ProjectScope, _id: string): Promise<void> {
  throw new Error("being written");
}
