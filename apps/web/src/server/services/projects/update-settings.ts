import { updateSettings as write } from "@tidewire/db/projects";
import type { ProjectSettings } from "@tidewire/protocol/project";
import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";

/** Nodes obey within a moment. */
export async function updateSettings(ctx: ProjectScope, settings: ProjectSettings): Promise<void> {
  const { ref, name, settings: before } = ctx.project;
  await write(ctx.resources.db, ref, settings);
  await recordEvent(ctx, {
    action: "project.settings",
    target: name,
    projectRef: ref,
    before,
    after: settings,
  });
}
