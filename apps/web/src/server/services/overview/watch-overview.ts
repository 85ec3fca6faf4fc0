import type { ProjectScope } from "../../context.ts";
import type { Overview } from "../../views/overview.ts";

export function watchOverview(_ctx: ProjectScope, _signal: AbortSignal | undefined): AsyncGenerator<Overview, void, void> {
  throw new Error("being written");
}
