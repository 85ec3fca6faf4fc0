import { parseRange } from "#features/live/parse-range.ts";
import type { TimeRange } from "#lib/time-range.ts";

export const REPLICATION_TABS = ["stream", "publication", "gaps"] as const;
export type ReplicationTab = (typeof REPLICATION_TABS)[number];

export function parseTab(text: unknown): ReplicationTab {
  return REPLICATION_TABS.find((tab) => tab === text) ?? "stream";
}

interface ReplicationParams {
  tab: ReplicationTab;
  range: TimeRange;
}

export function parseReplicationParams(params: Record<string, unknown>): ReplicationParams {
  return { tab: parseTab(params.tab), range: parseRange(params.range) };
}
