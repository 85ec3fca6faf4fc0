import { parseRange } from "#features/live/parse-range.ts";
import type { TimeRange } from "#lib/time-range.ts";

export function parseReplicationParams(params: Record<string, unknown>): { range: TimeRange } {
  return { range: parseRange(params.range) };
}
