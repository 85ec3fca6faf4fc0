import { z } from "zod";

export const TIME_RANGES = ["15m", "1h", "6h", "24h", "7d"] as const;
export const TimeRange = z.enum(TIME_RANGES);
export type TimeRange = z.infer<typeof TimeRange>;

const MINUTE_MS = 60_000;
const RANGE_MS: Record<TimeRange, number> = {
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "6h": 6 * 60 * MINUTE_MS,
  "24h": 24 * 60 * MINUTE_MS,
  "7d": 7 * 24 * 60 * MINUTE_MS,
};

export function toRangeMs(range: TimeRange): number {
  return RANGE_MS[range];
}
