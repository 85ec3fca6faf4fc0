import { setTimeout as delay } from "node:timers/promises";
import { recordAudit } from "@tidewire/db/audit";
import { findProject, findProjectByExternalId } from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import type { TenantChange } from "../../tenant-api/parse-tenant.ts";
import { createTenant } from "./create-tenant.ts";
import { describeTenant, type Tenant } from "./find-tenant.ts";
import { updateTenant } from "./update-tenant.ts";

/** A script that connects right after its answer finds the tenant served; a slow database does not hold it up longer. */
const READY_PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/**
 * Makes the tenant or changes what is named of it. Answers when its database is prepared, or after ten seconds, or when
 * that failed: the tenant is there all the same, and its health says so.
 *
 * @throws InvalidTenant
 */
export async function upsertTenant(
  resources: Resources,
  change: TenantChange,
): Promise<{ tenant: Tenant; isNew: boolean }> {
  const existing = await findProjectByExternalId(resources.db, change.externalId);
  const { ref, organisationId } = existing ?? (await createTenant(resources, change));
  if (existing !== undefined) await updateTenant(resources, existing, change);
  await recordAudit(resources.db, {
    organisationId,
    projectRef: ref,
    actor: "tenant API",
    action: existing === undefined ? "project.create" : "project.update",
    target: change.externalId,
    after: { ...change.limits, ...change.settings, ...(change.database && { database: "own" }) },
  });
  await untilSettled(resources, ref);
  const project = await findProject(resources.db, ref);
  if (project === undefined) throw new Error(`project ${ref} was deleted while it was being changed`);
  return { tenant: await describeTenant(resources, project), isNew: existing === undefined };
}

async function untilSettled({ db }: Resources, ref: string): Promise<void> {
  const deadlineMs = performance.now() + READY_PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    if ((await findProject(db, ref))?.status !== "provisioning") return;
    await delay(LOOK_MS);
  }
}
