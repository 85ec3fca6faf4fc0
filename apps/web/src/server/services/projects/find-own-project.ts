import { findProject, type Project } from "@tidewire/db/projects";
import type { MemberScope, Membership } from "../../context.ts";
import { Problem } from "../../problem.ts";

/**
 * The project, and the caller's membership of the organisation that owns it.
 *
 * @throws Problem `ProjectNotFound` also for strangers: they need not learn that it exists
 */
export async function findOwnProject(
  { resources, memberships }: Pick<MemberScope, "resources" | "memberships">,
  ref: string,
): Promise<{ project: Project; membership: Membership }> {
  const project = await findProject(resources.db, ref);
  const membership = memberships.find(({ organisation }) => organisation.id === project?.organisationId);
  if (project === undefined || membership === undefined) throw new Problem("ProjectNotFound");
  return { project, membership };
}
