import { dropManagedDatabase } from "@tidewire/db/managed-database";
import { deleteProject as deleteRow, type Project, setProjectStatus } from "@tidewire/db/projects";
import { reasonOf } from "@tidewire/db/reason";
import type { Resources } from "../../resources.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { dropSlot } from "./drop-slot.ts";

/**
 * Ends a project: clients are cut off, its slot and (if we made it) its database are dropped, then the row. A failure
 * on the way leaves it in state `deleting`, to be removed again; nothing comes back to life.
 *
 * @param force forget the project even if something of it stays behind in a database that cannot be reached
 * @returns what is left in its database and why; null when nothing is. Without `force` the row is then kept
 */
export async function removeProject(
  resources: Resources,
  project: Project,
  { force }: { force: boolean },
): Promise<string | null> {
  const { ref } = project;
  await setProjectStatus(resources.db, ref, "deleting");
  await askNodes(resources, (node, options) => node.forget.mutate({ ref }, options));
  const left = await clearDatabase(resources, project);
  if (left === null || force) await deleteRow(resources.db, ref);
  return left;
}

/** Null when nothing of the project is left in its database, else why something is. */
async function clearDatabase(
  resources: Resources,
  { ref, managed, provisioning }: Project,
): Promise<string | null> {
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
