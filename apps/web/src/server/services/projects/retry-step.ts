import type { ProjectScope } from "../../context.ts";

export async function retryStep(_ctx: ProjectScope): Promise<void> {
  throw new Error("being written");
}
