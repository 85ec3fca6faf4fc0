import type { ProjectScope } from "../../context.ts";

export async function kickConnection(_ctx: ProjectScope, _input: { node: string; connection: string }): Promise<void> {
  throw new Error("being written");
}
