import { DbError } from "@tidewire/db/errors";
import { createRegion } from "@tidewire/db/regions";
import type { MemberScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";

/** A region without nodes; they come with the desired number. @throws Problem `RegionExists` */
export async function addRegion(ctx: MemberScope, region: { id: string; name: string }): Promise<void> {
  await createRegion(ctx.resources.db, { ...region, desiredNodes: 0 }).catch((error: unknown) => {
    throw error instanceof DbError && error.kind === "conflict"
      ? new Problem("RegionExists", { cause: error })
      : error;
  });
  await recordEvent(ctx, { action: "region.add", target: region.id, after: region });
}
