import { TimeRange } from "#lib/time-range.ts";

/** A range from an address; nonsense counts as none. */
export function parseRange(text: unknown, fallback: TimeRange = "15m"): TimeRange {
  const parsed = TimeRange.safeParse(text);
  return parsed.success ? parsed.data : fallback;
}
