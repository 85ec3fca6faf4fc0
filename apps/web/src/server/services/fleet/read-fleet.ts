import type { MemberScope } from "../../context.ts";
import type { FleetView } from "../../views/fleet.ts";

export async function readFleet(_ctx: MemberScope): Promise<FleetView> {
  throw new Error("being written");
}
