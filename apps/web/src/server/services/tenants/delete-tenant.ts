import { recordAudit } from "@tidewire/db/audit";
import { findProjectByExternalId } from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import { removeProject } from "../projects/remove-project.ts";

/** The tenant is still there, or at least a part of it. */
export class DeleteRefused extends Error {
  override readonly name = "DeleteRefused";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What is absent is deleted already. @throws DeleteRefused */
export async function deleteTenant(resources: Resources, externalId: string): Promise<void> {
  const project = await findProjectByExternalId(resources.db, externalId);
  if (project === undefined) return;
  if (project.managed) {
    // Scripts written for Supabase do not expect that data goes with a tenant.
    throw new DeleteRefused(
      409,
      "The database of this project was made by Tidewire and would be dropped with it. Delete it in the dashboard.",
    );
  }
  await resources.provisioning.settled();
  const left = await removeProject(resources, project, { force: false });
  if (left !== null) throw new DeleteRefused(500, `The tenant is cut off, but not gone: ${left}`);
  await recordAudit(resources.db, {
    organisationId: project.organisationId,
    projectRef: project.ref,
    actor: "tenant API",
    action: "project.delete",
    target: externalId,
    before: { name: project.name, managed: false, region: project.regionId },
  });
}
