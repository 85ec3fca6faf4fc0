import type { ProjectScope } from "../../context.ts";
import type { ReplicationView } from "../../views/replication.ts";

export async function readReplication(_ctx: ProjectScope): Promise<ReplicationView> {
  throw new Error("being written");
}
