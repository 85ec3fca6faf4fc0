import { createProject as insertProject } from "@tidewire/db/projects";
import type { CreateProject } from "../../../lib/schemas/project.ts";
import type { MemberScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";
import { findRegion } from "../fleet/find-region.ts";
import { toInitialSteps } from "../provisioning/steps.ts";

/** The project exists at once, in state `provisioning`; the steps run in the background. @throws Problem */
export async function createProject(
  ctx: MemberScope,
  { name, region, database }: CreateProject,
): Promise<{ ref: string }> {
  const { resources, membership } = ctx;
  const { id: regionId } = await findRegion(resources, region);
  const managed = database.kind === "managed";
  const { ref } = await insertProject(resources, {
    name,
    organisationId: membership.organisation.id,
    regionId,
    managed,
    databaseUrl: database.kind === "own" ? database.url : null,
    provisioning: toInitialSteps({ managed, withNode: true }),
  });
  await recordEvent(ctx, {
    action: "project.create",
    target: name,
    projectRef: ref,
    after: { name, region, database: database.kind },
  });
  resources.provisioning.start(ref);
  return { ref };
}
