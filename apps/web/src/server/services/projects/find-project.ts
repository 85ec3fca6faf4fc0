import type { ProjectRow } from "../../context.ts";
import type { Resources } from "../../resources.ts";

export async function findProject(_resources: Resources, _organisationId: string, _ref: string): Promise<ProjectRow> {
  throw new Error("being written");
}
