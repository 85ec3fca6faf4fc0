import type { TRPCRouterRecord } from "@trpc/server";
import { AddRegion, OfNode, OfRegion, SetDesired } from "../../lib/schemas/fleet.ts";
import { addRegion } from "../services/fleet/add-region.ts";
import { drainNode } from "../services/fleet/drain-node.ts";
import { readFleet } from "../services/fleet/read-fleet.ts";
import { readNodeLog } from "../services/fleet/read-node-log.ts";
import { removeRegion } from "../services/fleet/remove-region.ts";
import { setDesired } from "../services/fleet/set-desired.ts";
import { watchFleet } from "../services/fleet/watch-fleet.ts";
import { atLeast, memberProcedure } from "../trpc.ts";

export const fleetRouter = {
  snapshot: memberProcedure.query(({ ctx }) => readFleet(ctx)),
  live: memberProcedure.subscription(({ ctx, signal }) => watchFleet(ctx, signal)),
  setDesired: atLeast("admin")
    .input(SetDesired)
    .mutation(({ ctx, input }) => setDesired(ctx, input)),
  addRegion: atLeast("admin")
    .input(AddRegion)
    .mutation(({ ctx, input }) => addRegion(ctx, input)),
  /** Only a region without projects and without nodes. */
  removeRegion: atLeast("admin")
    .input(OfRegion)
    .mutation(({ ctx, input }) => removeRegion(ctx, input.region)),
  drain: atLeast("admin")
    .input(OfNode)
    .mutation(({ ctx, input }) => drainNode(ctx, input.node)),
  log: atLeast("developer")
    .input(OfNode)
    .query(({ ctx, input }) => readNodeLog(ctx, input.node)),
} satisfies TRPCRouterRecord;
