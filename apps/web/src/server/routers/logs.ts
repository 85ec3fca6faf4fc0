import type { TRPCRouterRecord } from "@trpc/server";
import { tailLogs } from "../services/logs/tail-logs.ts";
import { projectProcedure } from "../trpc.ts";

export const logsRouter = {
  tail: projectProcedure.subscription(({ ctx, signal }) => tailLogs(ctx, signal)),
} satisfies TRPCRouterRecord;
