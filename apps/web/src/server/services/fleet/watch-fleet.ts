import type { MemberScope } from "../../context.ts";
import type { FleetView } from "../../views/fleet.ts";

export function watchFleet(_ctx: MemberScope, _signal: AbortSignal | undefined): AsyncGenerator<FleetView, void, void> {
  throw new Error("being written");
}
