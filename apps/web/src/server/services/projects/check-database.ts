import type { MemberScope } from "../../context.ts";
import type { DatabaseReport } from "../../views/project.ts";

export async function checkDatabase(_ctx: MemberScope, _url: string): Promise<DatabaseReport> {
  throw new Error("being written");
}
