import { STAGES, type Stage } from "@tidewire/protocol/cluster/inspect";
import { joinPoints, type LivePoints } from "#features/live/live-points.ts";
import type { ReplicationView } from "#server/views/replication.ts";
import type { Point } from "#server/views/survey.ts";
import type { ChartSeries } from "#ui/chart-points.ts";

export const PERCENTILES = ["p50", "p95", "p99"] as const;
export type Percentile = (typeof PERCENTILES)[number];

const STAGE_LABEL: Record<Stage, string> = {
  receive: "receive",
  decode: "decode",
  match: "match",
  authorize: "authorize",
  fanOut: "fan-out",
  socket: "socket",
};

interface Sources {
  history: Readonly<Record<string, Point[]>> | undefined;
  live: LivePoints;
  fromMs: number;
}

/** One layer per stage from commit to socket, in the order of passage. */
export function stageSeries(percentile: Percentile, { history, live, fromMs }: Sources): ChartSeries[] {
  return STAGES.map((stage, index) => {
    const name = `stage.${stage}.${percentile}`;
    return {
      id: stage,
      label: STAGE_LABEL[stage],
      colour: `var(--stage-${index + 1})`,
      points: joinPoints(history?.[name], live[name], fromMs),
    };
  });
}

/** What one answer adds to the graphs. Percentiles of nothing are no measurement. */
export function measuresOf({ home }: ReplicationView): Record<string, number | undefined> {
  if (home === null) return {};
  const { stages, total, lagMs, lagBytes, retainedBytes } = home;
  const measures: Record<string, number | undefined> = { lagMs, lagBytes, retainedBytes };
  for (const [stage, percentiles] of Object.entries({ ...stages, total })) {
    if (percentiles.count === 0) continue;
    for (const percentile of PERCENTILES) measures[`stage.${stage}.${percentile}`] = percentiles[percentile];
  }
  return measures;
}
