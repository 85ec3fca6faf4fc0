import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import type { RouteView } from "@tidewire/protocol/cluster/inspect";

export interface NodeView {
  id: string;
  region: string;
  health: NodeHealth;
  /** Why it is not healthy, as a sentence; what it does now otherwise. */
  reason: string;
  url: string;
  pid: number | null;
  version: string;
  startedAtMs: number | null;
  beatAtMs: number | null;
  connections: number | null;
  eventLoopP99Ms: number | null;
  heapBytes: number | null;
  rssBytes: number | null;
  projects: number | null;
  homes: string[];
  controlDatabase: { ok: boolean; sinceMs: number } | null;
  /** Round trips to the other nodes and to databases, and whom it serves although another region is nearer. */
  routes: RouteView | null;
  /** Answered this survey on its admin port. */
  answered: boolean;
}

export interface RegionView {
  id: string;
  name: string;
  desired: number;
  /** Nodes that are healthy or suspect. */
  actual: number;
  connections: number;
  nodes: NodeView[];
}

export interface ReconcilerView {
  /** Whether this web server leads, another one does, or the fleet is not managed (`TIDEWIRE_FLEET=off`). */
  role: "leader" | "follower" | "off";
  lastPassAtMs: number | null;
  /** Newest first: what it did and why. */
  actions: { atMs: number; sentence: string }[];
  /** What keeps it from the desired state. */
  problems: string[];
}

export interface FleetView {
  askedAtMs: number;
  answered: string[];
  silent: string[];
  regions: RegionView[];
  reconciler: ReconcilerView;
}

export interface NodeLog {
  node: string;
  lines: string[];
  /** True when the file holds more than was read. */
  truncated: boolean;
}
