import type { ProjectRecord } from "@tidewire/db/node-store";
import type { ProjectCounters } from "@tidewire/protocol/cluster/inspect";
import { ProjectRates } from "./rates.ts";

/**
 * A project on this node. The object lives as long as the project is known; its record is replaced in place when the
 * project changes, so holders always see the current settings.
 */
export interface Project {
  readonly ref: string;
  readonly record: ProjectRecord;
  readonly rates: ProjectRates;
  /** Plain numbers that the hot paths add to; `connections` and `channels` go down too. */
  readonly counters: ProjectCounters;
}

/** The registry's own view of a project. */
export interface MutableProject extends Project {
  record: ProjectRecord;
}

/** @param monotonicMs time for the rate limits */
export function createProject(record: ProjectRecord, monotonicMs: () => number): MutableProject {
  const project: MutableProject = {
    ref: record.ref,
    record,
    rates: new ProjectRates(() => project.record.limits, monotonicMs),
    counters: {
      connections: 0,
      channels: 0,
      joins: 0,
      joinsRefused: 0,
      messagesIn: 0,
      deliveries: 0,
      changes: 0,
      presenceEvents: 0,
      evictions: 0,
      bytesIn: 0,
      bytesOut: 0,
    },
  };
  return project;
}
