import type { ProjectScope } from "../../context.ts";
import type { ProjectLimits } from "@tidewire/protocol/project";

export async function updateLimits(_ctx: ProjectScope, _limits: ProjectLimits): Promise<void> {
  throw new Error("being written");
}
