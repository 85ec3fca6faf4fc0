import { setDesiredNodes } from "@tidewire/db/regions";
import type { MemberScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";
import { findRegion } from "./find-region.ts";

/** How many nodes the region shall have; the reconciler begins at once. @throws Problem */
export async function setDesired(
  ctx: MemberScope,
  { region, desired }: { region: string; desired: number },
): Promise<void> {
  const { db, reconciler } = ctx.resources;
  if (reconciler === null) throw new Problem("FleetUnmanaged");
  const { desiredNodes } = await findRegion(ctx.resources, region);
  await setDesiredNodes(db, region, desired);
  await recordEvent(ctx, {
    action: "region.set-desired",
    target: region,
    before: { desired: desiredNodes },
    after: { desired },
  });
  reconciler.kick();
}
