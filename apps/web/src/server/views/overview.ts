import type { ProjectCounters } from "@tidewire/protocol/cluster/inspect";
import type { Point, Surveyed } from "./survey.ts";

export interface Verdict {
  level: "ok" | "warning" | "broken";
  /** One or two sentences; the first is the headline. */
  sentences: string[];
}

/** Per second, between the last two answers of the same node lives. */
export type ProjectRates = Record<Exclude<keyof ProjectCounters, "connections" | "channels">, number>;

export interface RegionShare {
  region: string;
  nodes: number;
  connections: number;
  channels: number;
}

export interface ReplicationGlance {
  node: string;
  state: "connecting" | "streaming" | "lost" | "idle";
  lagMs: number | null;
  lagP99Ms: number | null;
  lagBytes: number | null;
  retainedBytes: number | null;
  retainedBytesMax: number;
  pool: { size: number; inUse: number; queued: number };
}

export interface Overview extends Surveyed {
  ref: string;
  verdict: Verdict;
  /** Summed over the nodes that answered, since each of them started. */
  totals: ProjectCounters;
  /** Null in a first answer: a rate needs two. */
  rates: ProjectRates | null;
  regions: RegionShare[];
  /** Null: no home at the moment, so nothing has needed the database lately. */
  replication: ReplicationGlance | null;
}

export interface History {
  fromMs: number;
  toMs: number;
  stepMs: number;
  /** By sample name; a missing point is a missing point, never zero. */
  series: Record<string, Point[]>;
}
