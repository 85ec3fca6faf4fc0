import type { ProjectScope } from "../../context.ts";
import type { ConnectionList } from "../../views/connection.ts";

export async function listConnections(_ctx: ProjectScope): Promise<ConnectionList> {
  throw new Error("being written");
}
