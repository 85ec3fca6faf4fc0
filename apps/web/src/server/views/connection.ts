import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import type { Surveyed } from "./survey.ts";

export interface ConnectionList extends Surveyed {
  connections: ConnectionInfo[];
}
