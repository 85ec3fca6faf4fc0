import type { MemberScope } from "../../context.ts";
import type { ProjectList } from "../../views/project.ts";

export async function listProjects(_ctx: MemberScope): Promise<ProjectList> {
  throw new Error("being written");
}
