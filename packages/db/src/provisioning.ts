import { z } from "zod";

/** One step of making a project, as the dashboard lists it. */
export const ProvisioningStep = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  startedAtMs: z.number().optional(),
  finishedAtMs: z.number().optional(),
  /** Why it failed, in one sentence. */
  error: z.string().optional(),
  /** What to do about it, e.g. the SQL to run. */
  remedy: z.string().optional(),
  /** What goes on inside a running step, e.g. the migration being applied. */
  note: z.string().optional(),
});
export type ProvisioningStep = z.infer<typeof ProvisioningStep>;

export const ProvisioningSteps = z.array(ProvisioningStep);
