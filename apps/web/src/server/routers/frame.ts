import type { TRPCRouterRecord } from "@trpc/server";
import { listProjectNames } from "../services/frame/list-project-names.ts";
import { markRegions } from "../services/frame/mark-regions.ts";
import { memberProcedure } from "../trpc.ts";

/** What surrounds every page. Apart from the pages' own queries, so that no page waits for the frame or changes under it. */
export const frameRouter = {
  projects: memberProcedure.query(({ ctx }) => listProjectNames(ctx)),
  regions: memberProcedure.query(({ ctx }) => markRegions(ctx)),
} satisfies TRPCRouterRecord;
