"use client";
import { RangeChoice, useRange } from "#features/live/range-choice.tsx";
import { ConnectCard } from "#features/overview/connect-card.tsx";
import { LoopCard } from "#features/overview/loop-card.tsx";
import { RegionTable } from "#features/overview/region-table.tsx";
import { Tiles } from "#features/overview/tiles.tsx";
import { TrafficChart } from "#features/overview/traffic-chart.tsx";
import { useHistory, useOverview } from "#features/overview/use-overview.ts";
import { VerdictBanner } from "#features/overview/verdict-banner.tsx";
import { useProject } from "#features/project/use-project.ts";
import { Copyable } from "#ui/copyable.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { StatusLine } from "#ui/status-line.tsx";

export function OverviewClient({ projectRef }: { projectRef: string }) {
  const [range, setRange] = useRange();
  const project = useProject(projectRef).data;
  const history = useHistory(projectRef, range).data;
  const { data: view, error, refetch, points, feed } = useOverview(projectRef);

  return (
    <>
      <PageHeader
        title={project?.name ?? "Overview"}
        description={
          <span className="flex flex-wrap items-center gap-x-3">
            <Copyable text={projectRef} what="project reference" />
            {project ? <span className="font-mono text-xs">{project.region}</span> : null}
          </span>
        }
        actions={<RangeChoice value={range} onValueChange={setRange} />}
      />
      <StatusLine feed={feed} survey={view} className="-mt-2 pb-4" />
      <div className="flex flex-col gap-4">
        {view ? (
          <>
            <VerdictBanner verdict={view.verdict} />
            <Tiles
              base={`/projects/${projectRef}`}
              view={view}
              history={history}
              live={points}
              connectionsMax={project?.limits.maxConcurrentUsers}
            />
          </>
        ) : (
          <Pending error={error} onRetry={() => void refetch()}>
            <div role="status" aria-label="Loading overview" className="flex flex-col gap-4">
              <Skeleton className="h-14 rounded-lg" />
              <Skeleton className="h-56 rounded-lg" />
            </div>
          </Pending>
        )}
        {project ? (
          <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <ConnectCard project={project} />
            <div className="flex min-w-0 flex-col gap-4">
              <LoopCard project={project} />
              {view ? <RegionTable regions={view.regions} /> : null}
            </div>
          </div>
        ) : null}
        {view ? <TrafficChart range={range} history={history} live={points} nowMs={view.askedAtMs} /> : null}
      </div>
    </>
  );
}
