"use client";
import { useMemo } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatClock } from "#lib/format.ts";
import {
  type ChartSeries,
  niceMax,
  type Scale,
  timeTicks,
  toChartRows,
  valueTicks,
} from "#ui/chart-points.ts";

export interface ChartBand {
  fromMs: number;
  toMs: number;
  label: string;
}

export interface TimeChartProps {
  /** What the chart shows, in one sentence for screen readers. */
  label: string;
  series: readonly ChartSeries[];
  kind: "line" | "stack";
  fromMs: number;
  toMs: number;
  stepMs: number;
  format: (value: number) => string;
  /** Times in which something was down. */
  bands?: readonly ChartBand[];
  limit?: { value: number; label: string } | undefined;
  scale?: Scale;
  height?: number;
}

const TICK = { fill: "var(--faint)", fontSize: 11 };
const DAY_MS = 86_400_000;
const NEAR_FACTOR = 5;

export function TimeChart(props: TimeChartProps) {
  const {
    label,
    series,
    kind,
    fromMs,
    toMs,
    stepMs,
    format,
    bands = [],
    limit,
    scale = "decimal",
    height = 220,
  } = props;
  const rows = useMemo(() => toChartRows(series, stepMs), [series, stepMs]);
  const top = useMemo(() => {
    const peaks = rows.map(({ values }) => {
      const known = Object.values(values).filter((value) => value !== null);
      return kind === "stack" ? known.reduce((sum, value) => sum + value, 0) : Math.max(0, ...known);
    });
    const peak = Math.max(0, ...peaks);
    // A limit far above would press the line to the ground: then only its words are shown, beside the chart.
    const isNear = limit !== undefined && limit.value <= peak * NEAR_FACTOR;
    return niceMax(isNear ? Math.max(limit.value, peak) : peak, scale);
  }, [rows, kind, limit, scale]);
  const limitShown = limit !== undefined && limit.value <= top ? limit : undefined;

  return (
    <div role="img" aria-label={label} style={{ height }} className="w-full min-w-0">
      {/* What it draws is said by the label, and by the chart's table. */}
      <div aria-hidden className="size-full">
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart
            data={rows}
            margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="atMs"
              type="number"
              scale="time"
              domain={[fromMs, toMs]}
              ticks={timeTicks(fromMs, toMs, 6)}
              tickFormatter={(at: number) => tickText(at, toMs - fromMs)}
              tick={TICK}
              tickLine={false}
              axisLine={{ stroke: "var(--line)" }}
              allowDataOverflow
            />
            <YAxis
              domain={[0, top]}
              tickFormatter={format}
              tick={TICK}
              tickLine={false}
              axisLine={false}
              width={64}
              ticks={valueTicks(top, scale)}
            />
            {bands.map((band) => (
              <ReferenceArea
                key={band.fromMs}
                x1={Math.max(band.fromMs, fromMs)}
                x2={Math.min(band.toMs, toMs)}
                fill="var(--bad)"
                fillOpacity={0.14}
                stroke="var(--bad)"
                strokeOpacity={0.4}
              />
            ))}
            {limitShown ? (
              <ReferenceLine
                y={limitShown.value}
                stroke="var(--warn)"
                strokeDasharray="4 3"
                label={{
                  value: limitShown.label,
                  position: "insideTopRight",
                  fill: "var(--warn)",
                  fontSize: 11,
                }}
              />
            ) : null}
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: "var(--line-strong)" }}
              content={({ active, payload }) => {
                const row = payload?.[0]?.payload as (typeof rows)[number] | undefined;
                return active && row ? (
                  <Reading atMs={row.atMs} values={row.values} series={series} format={format} />
                ) : null;
              }}
            />
            {series.map(({ id, label: name, colour, dash }) =>
              kind === "stack" ? (
                <Area
                  key={id}
                  name={name}
                  dataKey={(row: (typeof rows)[number]) => row.values[id]}
                  stackId="all"
                  stroke={colour}
                  fill={colour}
                  fillOpacity={0.55}
                  strokeWidth={1}
                  isAnimationActive={false}
                  dot={false}
                />
              ) : (
                <Line
                  key={id}
                  name={name}
                  dataKey={(row: (typeof rows)[number]) => row.values[id]}
                  stroke={colour}
                  strokeWidth={1.5}
                  strokeDasharray={dash}
                  isAnimationActive={false}
                  dot={rows.length < 3 ? { r: 2, fill: colour } : false}
                  connectNulls={false}
                />
              ),
            )}
          </ComposedChart>
        </ResponsiveContainer>
      </div>
    </div>
  );
}

interface ReadingProps {
  atMs: number;
  values: Record<string, number | null>;
  series: readonly ChartSeries[];
  format: (value: number) => string;
}

function Reading({ atMs, values, series, format }: ReadingProps) {
  return (
    <div className="rounded-md border bg-surface px-2.5 py-2 text-xs shadow-pop">
      <p className="mb-1 font-mono text-faint">{formatClock(atMs).slice(0, 8)}</p>
      {series.map(({ id, label, colour }) => {
        const value = values[id];
        return (
          <p key={id} className="flex items-center gap-2">
            <span className="size-2 rounded-xs" style={{ background: colour }} />
            <span className="text-muted">{label}</span>
            <span className="ml-auto pl-4">
              {value === null || value === undefined ? "–" : format(value)}
            </span>
          </p>
        );
      })}
    </div>
  );
}

function tickText(atMs: number, spanMs: number): string {
  const at = new Date(atMs);
  if (spanMs > 2 * DAY_MS) return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return formatClock(atMs).slice(0, 5);
}
