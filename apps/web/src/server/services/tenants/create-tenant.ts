import { createProject, type Project, writeProjectSecrets } from "@tidewire/db/projects";
import { listRegions } from "@tidewire/db/regions";
import { isProjectRef } from "@tidewire/protocol/ids";
import type { Resources } from "../../resources.ts";
import { requireWhole, type TenantChange } from "../../tenant-api/parse-tenant.ts";
import { toInitialSteps } from "../provisioning/steps.ts";

/** A project with a database of its owner's, in the first organisation; its steps run in the background. @throws InvalidTenant */
export async function createTenant(resources: Resources, change: TenantChange): Promise<Project> {
  const { externalId, name, jwtSecret, jwks, database, limits, settings } = requireWhole(change);
  const project = await createProject(resources, {
    ...(isProjectRef(externalId) ? { ref: externalId } : { externalId }),
    name: name ?? externalId,
    organisationId: await firstOrganisation(resources),
    regionId: await chooseRegion(resources, database.region),
    managed: false,
    databaseUrl: database.url,
    ...(jwtSecret !== undefined && { jwtSecret }),
    limits,
    settings,
    provisioning: toInitialSteps({ managed: false, withNode: false }),
  });
  if (jwks) await writeProjectSecrets(resources, project.ref, { jwks });
  resources.provisioning.start(project.ref);
  return project;
}

async function firstOrganisation({ db }: Resources): Promise<string> {
  const organisation = await db.organisation.findFirst({ orderBy: { createdAt: "asc" } });
  if (organisation === null) throw new Error("there is no organisation yet; set the installation up first");
  return organisation.id;
}

/** Supabase's names of regions are rarely ours: the first is then as good as any. */
async function chooseRegion({ db }: Resources, wanted: string): Promise<string> {
  const regions = await listRegions(db);
  const region = regions.find(({ id }) => id === wanted) ?? regions[0];
  if (region === undefined) throw new Error("there is no region yet; add one on the fleet page");
  return region.id;
}
