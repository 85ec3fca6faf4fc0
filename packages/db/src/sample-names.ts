import type { Stage } from "@tidewire/protocol/cluster/inspect";

/**
 * What nodes measure, every few seconds.
 * - counters hold the increase since the node's previous sample, so a sum over any span is exact;
 * - gauges hold the value at that instant.
 */
export const COUNTER_NAMES = [
  "joins",
  "joinsRefused",
  "messagesIn",
  "deliveries",
  "changes",
  "presenceEvents",
  "evictions",
  "bytesIn",
  "bytesOut",
] as const;

const GAUGE_NAMES = [
  "connections",
  "channels",
  "lagMs",
  "lagBytes",
  "retainedBytes",
  "poolInUse",
  "poolQueued",
  "eventLoopP99Ms",
  "heapBytes",
  "rssBytes",
] as const;

type StageName = `stage.${Stage | "total"}.${"p50" | "p95" | "p99"}`;

/** `stage.<stage>.<percentile>` is in milliseconds; other units are in the name. */
export type SampleName = (typeof COUNTER_NAMES)[number] | (typeof GAUGE_NAMES)[number] | StageName;
