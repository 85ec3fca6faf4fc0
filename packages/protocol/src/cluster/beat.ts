import { z } from "zod";

/** Node liveness, every second on the bus and every five in the control database. */
export const Beat = z.object({
  node: z.string(),
  boot: z.string(),
  region: z.string(),
  atMs: z.number(),
  state: z.enum(["ready", "draining", "gone"]),
});
export type Beat = z.infer<typeof Beat>;

export type NodeHealth = "healthy" | "suspect" | "down" | "draining";
