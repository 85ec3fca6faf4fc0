import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { kickConnection } from "../services/connections/kick-connection.ts";
import { listConnections } from "../services/connections/list-connections.ts";
import { watchConnections } from "../services/connections/watch-connections.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

export const connectionsRouter = {
  list: projectProcedure.query(({ ctx }) => listConnections(ctx)),
  live: projectProcedure.subscription(({ ctx, signal }) => watchConnections(ctx, signal)),
  kick: projectAtLeast("developer")
    .input(z.object({ node: z.string(), connection: z.string() }))
    .mutation(({ ctx, input }) => kickConnection(ctx, input)),
} satisfies TRPCRouterRecord;
