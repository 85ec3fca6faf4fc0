import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import { plural } from "#lib/format.ts";
import type { Status } from "#ui/status-mark.tsx";

export const NODE_STATUS: Record<NodeHealth, Status> = {
  healthy: "ok",
  suspect: "warn",
  down: "bad",
  draining: "busy",
};

interface Region {
  id: string;
  desired: number;
  nodes: readonly { health: NodeHealth }[];
}

/** One mark for a region: broken when nobody serves there, a warning when fewer serve than wanted. */
export function regionHealth(region: Region): { status: Status; sentence: string } {
  const healthy = region.nodes.filter((node) => node.health === "healthy").length;
  const wanted = plural(region.desired, "node");
  if (region.desired === 0 && region.nodes.length === 0)
    return { status: "idle", sentence: `${region.id}: no nodes wanted` };
  if (healthy === 0) return { status: "bad", sentence: `${region.id}: no healthy node of ${wanted}` };
  const ill = region.nodes.filter((node) => node.health === "suspect" || node.health === "down");
  if (healthy < region.desired || ill.length > 0) {
    return { status: "warn", sentence: `${region.id}: ${healthy} of ${wanted} healthy` };
  }
  return { status: "ok", sentence: `${region.id}: ${plural(healthy, "healthy node")}` };
}
