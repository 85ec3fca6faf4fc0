import { listApiKeys, revokeApiKey } from "@tidewire/db/api-keys";
import {
  type Project,
  readProjectSecrets,
  renameProject,
  setProjectStatus,
  setProvisioning,
  updateLimits,
  updateSettings,
  writeProjectSecrets,
} from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import { InvalidTenant } from "../../tenant-api/invalid-tenant.ts";
import type { TenantChange } from "../../tenant-api/parse-tenant.ts";
import { toInitialSteps } from "../provisioning/steps.ts";

/** Writes what is named and differs; nodes hear of it at once (protocol 1.6 says what clients feel). @throws InvalidTenant */
export async function updateTenant(
  resources: Resources,
  project: Project,
  { name, jwtSecret, jwks, database, limits, settings }: TenantChange,
): Promise<void> {
  const { db } = resources;
  const { ref } = project;
  if (database !== undefined && project.managed) {
    throw new InvalidTenant({
      extensions: ["cannot be changed: this project's database is made by Tidewire"],
    });
  }
  if (name !== undefined && name !== project.name) await renameProject(db, ref, name);
  if (Object.keys(limits).length > 0) await updateLimits(db, ref, limits);
  if (Object.keys(settings).length > 0) await updateSettings(db, ref, settings);
  const before = await readProjectSecrets(resources, ref);
  const isNewSecret = jwtSecret !== undefined && jwtSecret !== before.jwtSecret;
  const isNewDatabase = database !== undefined && database.url !== before.databaseUrl;
  if (isNewSecret || isNewDatabase || jwks !== undefined) {
    await writeProjectSecrets(resources, ref, {
      ...(isNewSecret && { jwtSecret }),
      ...(isNewDatabase && { databaseUrl: database.url }),
      ...(jwks !== undefined && { jwks }),
    });
  }
  if (isNewSecret) await revokeSignedKeys(resources, ref);
  if (isNewSecret || isNewDatabase || project.status === "failed") await prepareAgain(resources, project);
}

/** They were signed with the old secret, so no node takes them any more. */
async function revokeSignedKeys(resources: Resources, ref: string): Promise<void> {
  const keys = await listApiKeys(resources, ref);
  const signed = keys.filter(
    ({ kind, revokedAt }) => !revokedAt && (kind === "anon" || kind === "service_role"),
  );
  for (const { id } of signed) await revokeApiKey(resources.db, ref, id);
}

/** The steps find what is there already. A project that serves goes on serving meanwhile. */
export async function prepareAgain(resources: Resources, { ref, managed, status }: Project): Promise<void> {
  await setProvisioning(resources.db, ref, toInitialSteps({ managed, withNode: false }));
  if (status === "failed") await setProjectStatus(resources.db, ref, "provisioning");
  resources.provisioning.start(ref);
}
