import type { TRPCRouterRecord } from "@trpc/server";
import { memberProcedure } from "../trpc.ts";
import type { Me } from "../views/me.ts";

export const meRouter = {
  session: memberProcedure.query(
    ({ ctx }): Me => ({
      user: { id: ctx.user.id, email: ctx.user.email, name: ctx.user.name },
      organisation: { ...ctx.membership.organisation, role: ctx.membership.role },
    }),
  ),
} satisfies TRPCRouterRecord;
