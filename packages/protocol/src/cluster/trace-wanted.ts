import { z } from "zod";

/** Somebody looks at the way of these projects' broadcasts; said again every two seconds while it is so. */
export const TraceWanted = z.object({ refs: z.array(z.string()).max(1_000) });
export type TraceWanted = z.infer<typeof TraceWanted>;
