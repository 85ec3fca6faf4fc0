import type { ProjectScope } from "../../context.ts";
import type { ConnectionList } from "../../views/connection.ts";
import { watch } from "../live/watch.ts";
import { listConnections } from "./list-connections.ts";

export function watchConnections(
  ctx: ProjectScope,
  signal: AbortSignal | undefined,
): AsyncGenerator<ConnectionList, void, void> {
  return watch(() => listConnections(ctx), signal);
}
