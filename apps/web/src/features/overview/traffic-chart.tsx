import { joinPoints, type LivePoints } from "#features/live/live-points.ts";
import { formatRate } from "#lib/format.ts";
import { type TimeRange, toRangeMs } from "#lib/time-range.ts";
import type { History } from "#server/views/overview.ts";
import { ChartFrame } from "#ui/chart-frame.tsx";
import type { ChartSeries } from "#ui/chart-points.ts";

const SERIES = [
  { id: "deliveries", label: "deliveries/s", colour: "var(--accent)" },
  { id: "messagesIn", label: "messages in/s", colour: "var(--violet)", dash: "6 3" },
  { id: "changes", label: "row changes/s", colour: "var(--muted)", dash: "2 3" },
] as const;

interface TrafficChartProps {
  range: TimeRange;
  history: History | undefined;
  live: LivePoints;
  nowMs: number;
}

export function TrafficChart({ range, history, live, nowMs }: TrafficChartProps) {
  const fromMs = nowMs - toRangeMs(range);
  const series: ChartSeries[] = SERIES.map((one) => ({
    ...one,
    points: joinPoints(history?.series[one.id], live[one.id], fromMs),
  }));
  return (
    <ChartFrame
      title="Traffic"
      description="Messages accepted, copies delivered, and rows streamed."
      series={series}
      kind="line"
      fromMs={fromMs}
      toMs={nowMs}
      stepMs={history?.stepMs ?? 5_000}
      format={formatRate}
      loading={history === undefined}
      empty="Nothing has been sent in this time."
    />
  );
}
