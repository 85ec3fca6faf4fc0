import { isProjectRef } from "@tidewire/protocol/ids";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { z } from "zod";

/** Inputs of the project procedures; forms resolve against the same schemas. */

export const Ref = z.string().refine(isProjectRef, "not a project reference");
export const OfProject = z.object({ ref: Ref });

export const ProjectName = z
  .string()
  .trim()
  .min(1, "give the project a name")
  .max(60, "at most 60 characters");

export const DatabaseUrl = z
  .string()
  .trim()
  .regex(/^postgres(ql)?:\/\/.+/, "starts with postgresql://");

export const DatabaseChoice = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("managed") }),
  z.object({ kind: z.literal("own"), url: DatabaseUrl }),
]);
export type DatabaseChoice = z.infer<typeof DatabaseChoice>;

export const CreateProject = z.object({
  name: ProjectName,
  region: z.string().min(1, "choose a region"),
  database: DatabaseChoice,
});
export type CreateProject = z.infer<typeof CreateProject>;

export const CheckDatabase = z.object({ url: DatabaseUrl });
/** `name` must be the project's name, typed by hand. */
export const DeleteProject = OfProject.extend({
  name: z.string(),
  /** Even if its slot stays behind in a database that cannot be reached. */
  force: z.boolean().default(false),
});
export const RenameProject = OfProject.extend({ name: ProjectName });
/** All limits at once: a partial object would silently reset the others to their defaults. */
export const UpdateLimits = OfProject.extend({ limits: ProjectLimits });
export const UpdateSettings = OfProject.extend({ settings: ProjectSettings });
