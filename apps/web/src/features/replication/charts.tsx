"use client";
import { useState } from "react";
import { joinPoints, type LivePoints } from "#features/live/live-points.ts";
import { formatBytes, formatMs } from "#lib/format.ts";
import { type TimeRange, toRangeMs } from "#lib/time-range.ts";
import type { History } from "#server/views/overview.ts";
import type { ReplicationView } from "#server/views/replication.ts";
import { ChartFrame } from "#ui/chart-frame.tsx";
import { Segmented } from "#ui/segmented.tsx";
import { PERCENTILES, type Percentile, stageSeries } from "./stages.ts";

interface ChartsProps {
  view: ReplicationView;
  range: TimeRange;
  history: History | undefined;
  live: LivePoints;
}

const NOTHING_YET =
  "Nothing was measured in this time: no row change passed, or no home was there to measure it.";
const OPTIONS = PERCENTILES.map((percentile) => ({ value: percentile, label: percentile }));

/** Lag by stage, in time and in bytes; outages stand behind all of them. */
export function Charts({ view, range, history, live }: ChartsProps) {
  const [percentile, setPercentile] = useState<Percentile>("p99");
  const { home, askedAtMs: toMs } = view;
  const fromMs = toMs - toRangeMs(range);
  const line = (id: string, label: string, colour = "var(--accent)") => [
    { id, label, colour, points: joinPoints(history?.series[id], live[id], fromMs) },
  ];
  const common = {
    fromMs,
    toMs,
    stepMs: history?.stepMs ?? 5_000,
    loading: history === undefined,
    bands: (home?.outages ?? [])
      .filter((outage) => (outage.toMs ?? toMs) >= fromMs)
      .map((outage) => ({ fromMs: outage.fromMs, toMs: outage.toMs ?? toMs, label: outage.reason })),
  };
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <div className="xl:col-span-2">
        <ChartFrame
          {...common}
          title="Lag by stage"
          description="From the commit in Postgres to the write on the client's socket."
          reading={
            <Segmented
              label="Percentile"
              value={percentile}
              onValueChange={setPercentile}
              options={OPTIONS}
            />
          }
          series={stageSeries(percentile, { history: history?.series, live, fromMs })}
          kind="stack"
          format={formatMs}
          empty={NOTHING_YET}
          height={260}
        />
      </div>
      <ChartFrame
        {...common}
        title="Lag"
        reading={formatMs(home?.lagMs)}
        series={line("lagMs", "lag")}
        kind="line"
        format={formatMs}
        empty={NOTHING_YET}
      />
      <ChartFrame
        {...common}
        title="Lag in bytes"
        reading={formatBytes(home?.lagBytes)}
        scale="bytes"
        series={line("lagBytes", "not yet confirmed")}
        kind="line"
        format={formatBytes}
        empty={NOTHING_YET}
      />
      <div className="xl:col-span-2">
        <ChartFrame
          {...common}
          title="Retained WAL"
          description="What Postgres keeps for this slot. At the limit the slot is given up, and the exact gap is announced."
          reading={
            home ? `${formatBytes(home.retainedBytes)} of ${formatBytes(home.retainedBytesMax)}` : null
          }
          scale="bytes"
          series={line("retainedBytes", "retained", "var(--stage-4)")}
          kind="line"
          format={formatBytes}
          limit={
            home
              ? { value: home.retainedBytesMax, label: `limit ${formatBytes(home.retainedBytesMax)}` }
              : undefined
          }
          empty={NOTHING_YET}
        />
      </div>
    </div>
  );
}
