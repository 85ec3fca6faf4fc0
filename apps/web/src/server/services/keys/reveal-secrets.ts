import { listApiKeys } from "@tidewire/db/api-keys";
import { readProjectSecrets } from "@tidewire/db/projects";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import type { RevealedSecrets } from "../../views/key.ts";
import { recordEvent } from "../audit/record-event.ts";

/** The legacy service key, the JWT secret and the database's URL. Every look is an audit event. @throws Problem */
export async function revealSecrets(ctx: ProjectScope): Promise<RevealedSecrets> {
  const { ref } = ctx.project;
  const keys = await listApiKeys(ctx.resources, ref);
  const serviceRoleKey = keys.find(
    ({ kind, revokedAt }) => kind === "service_role" && revokedAt === null,
  )?.value;
  if (serviceRoleKey === undefined || serviceRoleKey === null) throw new Problem("ProjectNotReady");
  const { jwtSecret, databaseUrl } = await readProjectSecrets(ctx.resources, ref);
  if (databaseUrl === null) throw new Problem("ProjectNotReady");
  await recordEvent(ctx, {
    action: "key.reveal",
    target: "service_role, jwt secret, database url",
    projectRef: ref,
  });
  return { serviceRoleKey, jwtSecret, databaseUrl };
}
