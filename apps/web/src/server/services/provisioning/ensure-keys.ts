import { createApiKey, createLegacyKey, listApiKeys } from "@tidewire/db/api-keys";
import { readProjectSecrets } from "@tidewire/db/projects";
import type { StepContext } from "./step-context.ts";

/** The keys that may be shown again. A secret key is made when somebody is there to see it: on the keys page. */
export async function ensureKeys({ plane, project: { ref } }: StepContext): Promise<void> {
  const present = await listApiKeys(plane, ref);
  const isMissing = (kind: string) => !present.some((key) => key.kind === kind && key.revokedAt === null);
  const { jwtSecret } = await readProjectSecrets(plane, ref);
  if (isMissing("publishable")) await createApiKey(plane, ref, "publishable", { name: "default" });
  for (const kind of ["anon", "service_role"] as const) {
    if (isMissing(kind)) await createLegacyKey(plane, ref, kind, jwtSecret);
  }
}
