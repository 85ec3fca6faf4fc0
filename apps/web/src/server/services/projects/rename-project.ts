import { renameProject as rename } from "@tidewire/db/projects";
import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";

export async function renameProject(ctx: ProjectScope, name: string): Promise<void> {
  const { ref, name: before } = ctx.project;
  await rename(ctx.resources.db, ref, name);
  await recordEvent(ctx, {
    action: "project.rename",
    target: before,
    projectRef: ref,
    before: { name: before },
    after: { name },
  });
}
