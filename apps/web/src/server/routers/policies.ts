import type { TRPCRouterRecord } from "@trpc/server";
import { DryRun, Simulate } from "../../lib/schemas/database.ts";
import { dryRun } from "../services/policies/dry-run.ts";
import { listPolicies } from "../services/policies/list-policies.ts";
import { simulate } from "../services/policies/simulate.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

/** Changes of policies are changes of the database: `database.change`. */
export const policiesRouter = {
  list: projectProcedure.query(({ ctx }) => listPolicies(ctx)),
  /** A mutation, though it changes nothing: claims do not belong into an address that a proxy may log. */
  simulate: projectProcedure.input(Simulate).mutation(({ ctx, input }) => simulate(ctx, input)),
  /** Evaluates SQL that was typed, so it takes the role that may also make a policy of it. */
  dryRun: projectAtLeast("developer")
    .input(DryRun)
    .mutation(({ ctx, input }) => dryRun(ctx, input.change)),
} satisfies TRPCRouterRecord;
