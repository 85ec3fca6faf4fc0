import type { ProjectScope } from "../../context.ts";

export async function renameProject(_ctx: ProjectScope, _name: string): Promise<void> {
  throw new Error("being written");
}
