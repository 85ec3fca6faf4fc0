import { z } from "zod";

/** What a node has measured to databases, said every ten seconds to all. */
export const RouteReport = z.object({
  node: z.string(),
  boot: z.string(),
  region: z.string(),
  /** Median round trip to a project's database in milliseconds, by ref. */
  databases: z.record(z.string(), z.number().nonnegative()),
  /** Of those, the projects whose home this node is. */
  homes: z.array(z.string()),
});
export type RouteReport = z.infer<typeof RouteReport>;
