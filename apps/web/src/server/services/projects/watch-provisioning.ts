import type { MemberScope } from "../../context.ts";
import type { Provisioning } from "../../views/project.ts";

export function watchProvisioning(_ctx: MemberScope, _ref: string, _signal: AbortSignal | undefined): AsyncGenerator<Provisioning, void, void> {
  throw new Error("being written");
}
