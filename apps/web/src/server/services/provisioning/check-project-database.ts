import { type Check, checkDatabase } from "@tidewire/db/check-database";
import { readProjectSecrets } from "@tidewire/db/projects";
import type { StepContext } from "./step-context.ts";
import { StepFailed } from "./step-failed.ts";

/** A managed server's own user makes a user with all rights for the project, so only what nobody can grant matters. */
const OF_SERVER: ReadonlySet<Check["name"]> = new Set([
  "reachable",
  "version",
  "wal_level",
  "slots",
  "walsenders",
]);

/** @throws StepFailed with the first thing that is missing, and the SQL that helps */
export async function checkProjectDatabase({ plane, managedUrl, project }: StepContext): Promise<void> {
  const { databaseUrl } = project.managed
    ? { databaseUrl: managedUrl }
    : await readProjectSecrets(plane, project.ref);
  const checks = await checkDatabase(databaseUrl ?? "");
  const missing = checks.find(({ name, ok }) => !ok && (!project.managed || OF_SERVER.has(name)));
  if (missing !== undefined) throw new StepFailed(missing.sentence, { remedy: missing.fixSql });
}
