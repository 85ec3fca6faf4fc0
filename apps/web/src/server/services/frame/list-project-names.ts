import { listProjects } from "@tidewire/db/projects";
import type { MemberScope } from "../../context.ts";
import type { ProjectName } from "../../views/frame.ts";

/** From the control database alone: the frame must not wait for nodes. */
export async function listProjectNames({ resources, memberships }: MemberScope): Promise<ProjectName[]> {
  const projects = await listProjects(
    resources.db,
    memberships.map(({ organisation }) => organisation.id),
  );
  return projects.map(({ ref, name, regionId }) => ({ ref, name, region: regionId }));
}
