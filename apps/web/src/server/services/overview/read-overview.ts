import type { ProjectScope } from "../../context.ts";
import type { Overview } from "../../views/overview.ts";

export async function readOverview(_ctx: ProjectScope): Promise<Overview> {
  throw new Error("being written");
}
