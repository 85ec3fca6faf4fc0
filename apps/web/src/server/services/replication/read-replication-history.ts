import type { ProjectScope } from "../../context.ts";
import type { History } from "../../views/overview.ts";
import type { TimeRange } from "../../../lib/time-range.ts";

export async function readReplicationHistory(_ctx: ProjectScope, _range: TimeRange): Promise<History> {
  throw new Error("being written");
}
