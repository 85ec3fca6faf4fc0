import { z } from "zod";

/** Node liveness, every second on the bus and every five in the control database. */
export const Beat = z.object({
  node: z.string(),
  boot: z.string(),
  region: z.string(),
  atMs: z.number(),
  state: z.enum(["ready", "draining", "gone"]),
  /** Where clients reach the node. */
  url: z.string().optional(),
  /** Sockets with at least one channel, per project: quotas count in the whole cluster (protocol 8). */
  users: z.record(z.string(), z.int().nonnegative()).optional(),
});
export type Beat = z.infer<typeof Beat>;

export type NodeHealth = "healthy" | "suspect" | "down" | "draining";
