import { DbError } from "@tidewire/db/errors";
import { deleteRegion } from "@tidewire/db/regions";
import type { MemberScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";
import { findRegion } from "./find-region.ts";

/** Only a region that wants no nodes and has no projects. @throws Problem */
export async function removeRegion(ctx: MemberScope, id: string): Promise<void> {
  const region = await findRegion(ctx.resources, id);
  if (region.desiredNodes > 0) throw new Problem("RegionInUse", { message: "The region still wants nodes." });
  await deleteRegion(ctx.resources.db, id).catch((error: unknown) => {
    const isInUse = error instanceof DbError && error.kind === "in-use-or-missing";
    throw isInUse ? new Problem("RegionInUse", { cause: error }) : error;
  });
  await recordEvent(ctx, { action: "region.remove", target: id, before: { name: region.name } });
}
