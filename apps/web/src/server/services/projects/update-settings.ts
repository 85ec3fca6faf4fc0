import type { ProjectScope } from "../../context.ts";
import type { ProjectSettings } from "@tidewire/protocol/project";

export async function updateSettings(_ctx: ProjectScope, _settings: ProjectSettings): Promise<void> {
  throw new Error("being written");
}
