"use client";
import { RangeChoice, useRange } from "#features/live/range-choice.tsx";
import { Blocker } from "#features/replication/blocker.tsx";
import { Charts } from "#features/replication/charts.tsx";
import { Facts } from "#features/replication/facts.tsx";
import { NoHome } from "#features/replication/no-home.tsx";
import { SentenceBanner } from "#features/replication/sentence-banner.tsx";
import { TableList } from "#features/replication/table-list.tsx";
import { useReplication, useReplicationHistory } from "#features/replication/use-replication.ts";
import { PageHeader } from "#ui/page-header.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { StatusLine } from "#ui/status-line.tsx";

export function ReplicationClient({ projectRef }: { projectRef: string }) {
  const [range, setRange] = useRange();
  const { data: view, error, refetch, points, feed } = useReplication(projectRef);
  const history = useReplicationHistory(projectRef, range).data;
  const home = view?.home;

  return (
    <>
      <PageHeader
        title="Replication"
        description="How rows get from a commit to a socket, and what holds them up."
        actions={<RangeChoice value={range} onValueChange={setRange} />}
      />
      <StatusLine feed={feed} survey={view} className="-mt-2 pb-4" />
      {view ? (
        <div className="flex flex-col gap-4">
          <SentenceBanner view={view} />
          {home?.blocker ? <Blocker blocker={home.blocker} /> : null}
          {home ? null : <NoHome />}
          <Charts view={view} range={range} history={history} live={points} />
          {home ? <Facts home={home} /> : null}
          {home ? <TableList tables={home.tables} /> : null}
        </div>
      ) : error ? (
        <ProblemState error={error} onRetry={() => void refetch()} />
      ) : (
        <div role="status" aria-label="Loading replication" className="flex flex-col gap-4">
          <Skeleton className="h-14 rounded-lg" />
          <Skeleton className="h-72 rounded-lg" />
        </div>
      )}
    </>
  );
}
