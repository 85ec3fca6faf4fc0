import type { TRPCRouterRecord } from "@trpc/server";
import { SendMessage, Tail } from "../../lib/schemas/inspector.ts";
import { sendMessage } from "../services/inspector/send-message.ts";
import { tailProject } from "../services/inspector/tail-project.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

export const inspectorRouter = {
  tail: projectProcedure
    .input(Tail)
    .subscription(({ ctx, input, signal }) => tailProject(ctx, input, signal)),
  send: projectAtLeast("developer")
    .input(SendMessage)
    .mutation(({ ctx, input }) => sendMessage(ctx, input)),
} satisfies TRPCRouterRecord;
