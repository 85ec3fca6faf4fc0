import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { evictMember } from "../services/presence/evict-member.ts";
import { readPresence } from "../services/presence/read-presence.ts";
import { watchPresence } from "../services/presence/watch-presence.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

const OfTopic = z.object({ topic: z.string().optional() });

export const presenceRouter = {
  snapshot: projectProcedure.input(OfTopic).query(({ ctx, input }) => readPresence(ctx, input.topic)),
  live: projectProcedure
    .input(OfTopic)
    .subscription(({ ctx, input, signal }) => watchPresence(ctx, input.topic, signal)),
  evict: projectAtLeast("developer")
    .input(z.object({ node: z.string(), topic: z.string(), phxRef: z.string() }))
    .mutation(({ ctx, input }) => evictMember(ctx, input)),
} satisfies TRPCRouterRecord;
