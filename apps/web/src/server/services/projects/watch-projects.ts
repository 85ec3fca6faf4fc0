import type { MemberScope } from "../../context.ts";
import type { ProjectList } from "../../views/project.ts";

export function watchProjects(_ctx: MemberScope, _signal: AbortSignal | undefined): AsyncGenerator<ProjectList, void, void> {
  throw new Error("being written");
}
