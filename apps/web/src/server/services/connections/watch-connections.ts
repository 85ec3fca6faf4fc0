import type { ProjectScope } from "../../context.ts";
import type { ConnectionList } from "../../views/connection.ts";

export function watchConnections(_ctx: ProjectScope, _signal: AbortSignal | undefined): AsyncGenerator<ConnectionList, void, void> {
  throw new Error("being written");
}
