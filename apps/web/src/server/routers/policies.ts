import type { TRPCRouterRecord } from "@trpc/server";
import { Simulate } from "../../lib/schemas/database.ts";
import { listPolicies } from "../services/policies/list-policies.ts";
import { simulate } from "../services/policies/simulate.ts";
import { projectProcedure } from "../trpc.ts";

/** Changes of policies are changes of the database: `database.apply`. */
export const policiesRouter = {
  list: projectProcedure.query(({ ctx }) => listPolicies(ctx)),
  /** A mutation, though it changes nothing: claims do not belong into an address that a proxy may log. */
  simulate: projectProcedure.input(Simulate).mutation(({ ctx, input }) => simulate(ctx, input)),
} satisfies TRPCRouterRecord;
