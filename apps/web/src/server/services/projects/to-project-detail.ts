import type { ProjectScope } from "../../context.ts";
import type { ProjectDetail } from "../../views/project.ts";

export async function toProjectDetail(_ctx: ProjectScope): Promise<ProjectDetail> {
  throw new Error("being written");
}
