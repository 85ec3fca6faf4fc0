import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";
import { removeProject } from "./remove-project.ts";

interface Wish {
  /** The project's name, typed by hand. */
  name: string;
  /** Forget the project even if something of it stays behind in a database that cannot be reached. */
  force: boolean;
}

/** Ends the project with all it had; see {@link removeProject}. @throws Problem `NameMismatch`, `StillProvisioning`, `DeleteIncomplete` */
export async function deleteProject(ctx: ProjectScope, { name, force }: Wish): Promise<void> {
  const { resources, project } = ctx;
  const { ref, managed } = project;
  if (name !== project.name) throw new Problem("NameMismatch");
  if (project.status === "provisioning") throw new Problem("StillProvisioning");
  const left = await removeProject(resources, project, { force });
  if (left !== null && !force) {
    throw new Problem("DeleteIncomplete", { message: `The project is cut off, but not gone: ${left}` });
  }
  await recordEvent(ctx, {
    action: "project.delete",
    target: name,
    projectRef: ref,
    before: { name, managed, region: project.regionId, ...(left === null ? {} : { left }) },
  });
}
