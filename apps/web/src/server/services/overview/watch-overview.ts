import type { ProjectSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ProjectScope } from "../../context.ts";
import type { Overview } from "../../views/overview.ts";
import { watch } from "../live/watch.ts";
import { readOverviewAfter } from "./read-overview.ts";

/** The overview every second, with rates from the second answer on. */
export function watchOverview(
  ctx: ProjectScope,
  signal: AbortSignal | undefined,
): AsyncGenerator<Overview, void, void> {
  let before: ProjectSnapshot[] = [];
  return watch(async () => {
    const { view, snapshots } = await readOverviewAfter(ctx, before);
    before = snapshots;
    return view;
  }, signal);
}
