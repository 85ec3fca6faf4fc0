import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { TimeRange } from "../../lib/time-range.ts";
import { listGaps } from "../services/replication/list-gaps.ts";
import { readReplication } from "../services/replication/read-replication.ts";
import { readReplicationHistory } from "../services/replication/read-replication-history.ts";
import { watchReplication } from "../services/replication/watch-replication.ts";
import { projectProcedure } from "../trpc.ts";

export const replicationRouter = {
  snapshot: projectProcedure.query(({ ctx }) => readReplication(ctx)),
  live: projectProcedure.subscription(({ ctx, signal }) => watchReplication(ctx, signal)),
  gaps: projectProcedure.query(({ ctx }) => listGaps(ctx)),
  history: projectProcedure
    .input(z.object({ range: TimeRange }))
    .query(({ ctx, input }) => readReplicationHistory(ctx, input.range)),
} satisfies TRPCRouterRecord;
