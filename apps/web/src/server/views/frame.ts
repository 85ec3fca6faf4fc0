import type { NodeHealth } from "@tidewire/protocol/cluster/beat";

/** A project as the switch names it. */
export interface ProjectName {
  ref: string;
  name: string;
  region: string;
}

/** A region as the top bar marks it. */
export interface RegionMark {
  id: string;
  name: string;
  desired: number;
  nodes: { id: string; health: NodeHealth }[];
}
