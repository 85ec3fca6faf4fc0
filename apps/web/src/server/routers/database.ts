import type { TRPCRouterRecord } from "@trpc/server";
import { ApplyChange } from "../../lib/schemas/database.ts";
import { applyChange } from "../services/database/apply-change.ts";
import { readPublication } from "../services/database/read-publication.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

/** The project's own database, as far as it decides what is streamed to whom. */
export const databaseRouter = {
  publication: projectProcedure.query(({ ctx }) => readPublication(ctx)),
  change: projectAtLeast("developer")
    .input(ApplyChange)
    .mutation(({ ctx, input }) => applyChange(ctx, input.change)),
} satisfies TRPCRouterRecord;
