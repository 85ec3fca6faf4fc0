import { randomBytes } from "node:crypto";
import type { BootId, NodeId } from "@tidewire/protocol/ids";

/** Who this process is: the node's name survives a restart, the boot does not. */
export interface Identity {
  readonly node: NodeId;
  readonly boot: BootId;
  readonly region: string;
  readonly startedAtMs: number;
  readonly version: string;
}

/** The product's version, put in by the bundler; a node that runs from source is `dev`. */
declare const TIDEWIRE_VERSION: string | undefined;

export function createIdentity(
  { nodeId, region }: { nodeId: string; region: string },
  nowMs: number,
): Identity {
  return {
    node: nodeId as NodeId,
    boot: createBootId(nowMs),
    region,
    startedAtMs: nowMs,
    version: typeof TIDEWIRE_VERSION === "string" ? TIDEWIRE_VERSION : "dev",
  };
}

/** Later boots of a node sort after earlier ones; safe in a bus subject. */
function createBootId(nowMs: number): BootId {
  return `${Math.trunc(nowMs).toString(36).padStart(9, "0")}${randomBytes(5).toString("hex")}` as BootId;
}
