import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { TimeRange } from "../../lib/time-range.ts";
import { readHistory } from "../services/overview/read-history.ts";
import { readOverview } from "../services/overview/read-overview.ts";
import { watchOverview } from "../services/overview/watch-overview.ts";
import { projectProcedure } from "../trpc.ts";

export const overviewRouter = {
  byRef: projectProcedure.query(({ ctx }) => readOverview(ctx)),
  live: projectProcedure.subscription(({ ctx, signal }) => watchOverview(ctx, signal)),
  history: projectProcedure
    .input(z.object({ range: TimeRange }))
    .query(({ ctx, input }) => readHistory(ctx, input.range)),
} satisfies TRPCRouterRecord;
