import type { TRPCRouterRecord } from "@trpc/server";
import { listMembers } from "../services/team/list-members.ts";
import { memberProcedure } from "../trpc.ts";

export const teamRouter = {
  list: memberProcedure.query(({ ctx }) => listMembers(ctx)),
} satisfies TRPCRouterRecord;
