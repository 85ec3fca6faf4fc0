import type { MemberScope } from "../../context.ts";
import type { CreateProject } from "../../../lib/schemas/project.ts";

export async function createProject(_ctx: MemberScope, _input: CreateProject): Promise<{ ref: string }> {
  throw new Error("being written");
}
