import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { listEvents } from "../services/audit/list-events.ts";
import { memberProcedure } from "../trpc.ts";

export const auditRouter = {
  list: memberProcedure
    .input(z.object({ cursor: z.string().regex(/^\d+$/).nullish() }))
    .query(({ ctx, input }) => listEvents(ctx, input.cursor ?? null)),
} satisfies TRPCRouterRecord;
