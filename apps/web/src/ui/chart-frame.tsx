"use client";
import { Download, Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { toCsv } from "#lib/csv.ts";
import { formatAbsolute, formatClock } from "#lib/format.ts";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { type ChartSeries, toChartRows } from "#ui/chart-points.ts";
import { cn } from "#ui/class-names.ts";
import { download } from "#ui/download.ts";
import { ClockTime } from "#ui/relative-time.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { TimeChart, type TimeChartProps } from "#ui/time-chart.tsx";

interface ChartFrameProps extends Omit<TimeChartProps, "label"> {
  title: string;
  description?: ReactNode;
  /** Shown at the right of the title: the present value. */
  reading?: ReactNode;
  loading?: boolean;
  /** Why there are no points yet. */
  empty: string;
}

/** More reasons than these push the next chart off the screen. */
const BANDS_TOLD = 3;

/** A chart with its legend, its table twin and its CSV; holes stay holes in all three. */
export function ChartFrame(props: ChartFrameProps) {
  const {
    title,
    description,
    reading,
    series,
    loading,
    empty,
    height = 220,
    format,
    stepMs,
    bands,
    ...chart
  } = props;
  const [asTable, setAsTable] = useState(false);
  const hasPoints = series.some(({ points }) => points.length > 0);

  const exportCsv = () => {
    const rows = toChartRows(series, stepMs).map(({ atMs, values }) => [
      new Date(atMs).toISOString(),
      ...series.map(({ id }) => values[id]),
    ]);
    download(
      `${title.toLowerCase().replaceAll(" ", "-")}.csv`,
      toCsv(["time", ...series.map((s) => s.label)], rows),
      "text/csv",
    );
  };

  return (
    <Card aria-label={title}>
      <CardHeader
        title={title}
        description={description}
        actions={
          <>
            {reading ? <span className="mr-2 text-sm">{reading}</span> : null}
            <Button
              variant="ghost"
              size="icon-sm"
              aria-pressed={asTable}
              aria-label={`${title} as a table`}
              onClick={() => setAsTable(!asTable)}
              className={cn(asTable && "bg-raised text-ink")}
            >
              <Table2 className="size-3.5" aria-hidden />
            </Button>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`${title} as CSV`}
              onClick={exportCsv}
              disabled={!hasPoints}
            >
              <Download className="size-3.5" aria-hidden />
            </Button>
          </>
        }
      />
      <CardBody>
        {loading ? (
          <div role="status" aria-label={`Loading ${title.toLowerCase()}`} style={{ height }}>
            <Skeleton className="size-full" />
          </div>
        ) : !hasPoints ? (
          <p style={{ height }} className="flex items-center justify-center text-center text-muted text-sm">
            {empty}
          </p>
        ) : asTable ? (
          <ChartTable title={title} series={series} stepMs={stepMs} format={format} height={height} />
        ) : (
          <TimeChart
            {...chart}
            label={`${title}: ${series.map((one) => one.label).join(", ")}`}
            series={series}
            stepMs={stepMs}
            format={format}
            height={height}
            {...(bands ? { bands } : {})}
          />
        )}
        {series.length > 1 ? <Legend series={series} /> : null}
        {bands && bands.length > 0 ? (
          <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted text-xs">
            <span className="h-2.5 w-4 border border-bad/50 bg-bad-soft" aria-hidden />
            {bands.slice(-BANDS_TOLD).map((band) => (
              <span key={band.fromMs}>
                <ClockTime atMs={band.fromMs} /> {band.label}
              </span>
            ))}
            {bands.length > BANDS_TOLD ? <span>and {bands.length - BANDS_TOLD} before</span> : null}
          </p>
        ) : null}
      </CardBody>
    </Card>
  );
}

function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-muted text-xs">
      {series.map(({ id, label, colour, dash }) => (
        <li key={id} className="flex items-center gap-1.5">
          <Swatch colour={colour} dash={dash} />
          {label}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ colour, dash }: Pick<ChartSeries, "colour" | "dash">) {
  if (dash === undefined)
    return <span className="size-2 rounded-xs" style={{ background: colour }} aria-hidden />;
  return (
    <svg viewBox="0 0 16 8" className="h-2 w-4" aria-hidden="true">
      <path d="M0 4H16" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
    </svg>
  );
}

interface ChartTableProps {
  title: string;
  series: readonly ChartSeries[];
  stepMs: number;
  format: (value: number) => string;
  height: number;
}

function ChartTable({ title, series, stepMs, format, height }: ChartTableProps) {
  const rows = toChartRows(series, stepMs).reverse();
  return (
    <ScrollRegion label={`${title}, table`} className="overflow-auto" style={{ height }}>
      <table aria-label={title} className="w-full text-xs">
        <thead>
          <tr className="text-faint">
            <th scope="col" className="sticky top-0 bg-surface py-1 text-left font-medium">
              Time
            </th>
            {series.map(({ id, label }) => (
              <th key={id} scope="col" className="sticky top-0 bg-surface py-1 pl-4 text-right font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ atMs, values }) => (
            <tr key={atMs} className="border-t">
              <td className="py-1 font-mono" title={formatAbsolute(atMs)}>
                {formatClock(atMs).slice(0, 8)}
              </td>
              {series.map(({ id }) => {
                const value = values[id];
                return (
                  <td key={id} className="py-1 pl-4 text-right">
                    {value === null || value === undefined ? "–" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
