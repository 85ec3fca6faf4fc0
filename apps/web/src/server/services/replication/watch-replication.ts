import type { ProjectScope } from "../../context.ts";
import type { ReplicationView } from "../../views/replication.ts";

export function watchReplication(_ctx: ProjectScope, _signal: AbortSignal | undefined): AsyncGenerator<ReplicationView, void, void> {
  throw new Error("being written");
}
