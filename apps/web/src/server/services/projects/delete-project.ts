import { dropManagedDatabase } from "@tidewire/db/managed-database";
import { deleteProject as deleteRow, setProjectStatus } from "@tidewire/db/projects";
import { reasonOf } from "@tidewire/db/reason";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { dropSlot } from "./drop-slot.ts";

interface Wish {
  /** The project's name, typed by hand. */
  name: string;
  /** Forget the project even if something of it stays behind in a database that cannot be reached. */
  force: boolean;
}

/**
 * Ends the project: clients are cut off, its slot and (if we made it) its database are dropped, then the row. A failure
 * on the way leaves it in state `deleting`, to be deleted again; nothing comes back to life.
 *
 * @throws Problem `NameMismatch`, `StillProvisioning`, `DeleteIncomplete`
 */
export async function deleteProject(ctx: ProjectScope, { name, force }: Wish): Promise<void> {
  const { resources, project } = ctx;
  const { ref, managed } = project;
  if (name !== project.name) throw new Problem("NameMismatch");
  if (project.status === "provisioning") throw new Problem("StillProvisioning");
  await setProjectStatus(resources.db, ref, "deleting");
  await askNodes(resources, (node, options) => node.forget.mutate({ ref }, options));
  const left = await clearDatabase(ctx);
  if (left !== null && !force) {
    throw new Problem("DeleteIncomplete", { message: `The project is cut off, but not gone: ${left}` });
  }
  await deleteRow(resources.db, ref);
  await recordEvent(ctx, {
    action: "project.delete",
    target: name,
    projectRef: ref,
    before: { name, managed, region: project.regionId, ...(left === null ? {} : { left }) },
  });
}

/** Null when nothing of the project is left in its database, else why something is. */
async function clearDatabase({
  resources,
  project: { ref, managed, provisioning },
}: ProjectScope): Promise<string | null> {
  // A database that was never prepared has no slot, and its address may be the very mistake.
  const isUntouched = provisioning.some(({ id, state }) => id === "migrate-tenant" && state === "waiting");
  try {
    if (managed) await dropManagedDatabase(resources.env.managedDatabaseUrl, ref);
    else if (!isUntouched) await dropSlot(resources, ref);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
