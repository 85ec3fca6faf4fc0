"use client";
import { TIME_RANGES, type TimeRange } from "#lib/time-range.ts";
import { Segmented } from "#ui/segmented.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";
import { parseRange } from "./parse-range.ts";

const OPTIONS = TIME_RANGES.map((range) => ({ value: range, label: range }));

/** The time range of the page, kept in its address. */
export function useRange(fallback: TimeRange = "15m"): [TimeRange, (range: TimeRange) => void] {
  const [text, set] = useUrlParam("range", fallback);
  return [parseRange(text, fallback), set];
}

export function RangeChoice({
  value,
  onValueChange,
}: {
  value: TimeRange;
  onValueChange: (range: TimeRange) => void;
}) {
  return <Segmented label="Time range" value={value} onValueChange={onValueChange} options={OPTIONS} />;
}
