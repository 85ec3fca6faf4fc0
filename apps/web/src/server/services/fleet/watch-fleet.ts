import type { MemberScope } from "../../context.ts";
import type { FleetView } from "../../views/fleet.ts";
import { watch } from "../live/watch.ts";
import { readFleet } from "./read-fleet.ts";

export function watchFleet(
  ctx: MemberScope,
  signal: AbortSignal | undefined,
): AsyncGenerator<FleetView, void, void> {
  return watch(() => readFleet(ctx), signal);
}
