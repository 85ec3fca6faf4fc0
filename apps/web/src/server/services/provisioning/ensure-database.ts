import { createManagedDatabase } from "@tidewire/db/managed-database";
import { writeProjectSecrets } from "@tidewire/db/projects";
import type { StepContext } from "./step-context.ts";

/** The managed database and its owner's URL. Repeated, it sets a new password, so the URL is always the right one. */
export async function ensureDatabase({ plane, managedUrl, project, note }: StepContext): Promise<void> {
  const { name, databaseUrl } = await createManagedDatabase(managedUrl, project.ref);
  note(name);
  await writeProjectSecrets(plane, project.ref, { databaseUrl });
}
