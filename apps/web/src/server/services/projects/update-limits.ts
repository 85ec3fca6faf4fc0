import { updateLimits as write } from "@tidewire/db/projects";
import type { ProjectLimits } from "@tidewire/protocol/project";
import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";

/** Nodes obey within a moment; nobody is disconnected. */
export async function updateLimits(ctx: ProjectScope, limits: ProjectLimits): Promise<void> {
  const { ref, name, limits: before } = ctx.project;
  await write(ctx.resources.db, ref, limits);
  await recordEvent(ctx, { action: "project.limits", target: name, projectRef: ref, before, after: limits });
}
