"use client";
import type { TimeRange } from "#lib/time-range.ts";
import type { DatabaseWitness } from "#server/views/replication.ts";
import { Pending } from "#ui/pending.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { Blocker } from "./blocker.tsx";
import { Charts } from "./charts.tsx";
import { DatabaseWitnessCard } from "./database-witness.tsx";
import { Facts } from "./facts.tsx";
import { NoHome } from "./no-home.tsx";
import { SentenceBanner } from "./sentence-banner.tsx";
import { TableList } from "./table-list.tsx";
import { useReplication, useReplicationHistory } from "./use-replication.ts";

/** The stream as it runs, or what keeps it from running. */
export function StreamPanel({ projectRef, range }: { projectRef: string; range: TimeRange }) {
  const { data: view, error, refetch, points, feed } = useReplication(projectRef);
  const history = useReplicationHistory(projectRef, range).data;
  const home = view?.home;
  const database = view?.database ?? null;
  const blocker = home?.blocker ?? (database?.kind === "said" ? database.blocker : null);
  // Nothing has gone wrong: nobody has needed the database yet.
  const isUntouched =
    view !== undefined && home === null && view.verdict.level === "idle" && !hasSlot(database);
  return (
    <>
      <StatusLine feed={feed} survey={view} className="pb-4" />
      {view ? (
        <div className="flex flex-col gap-4">
          <SentenceBanner view={view} withoutRemedy={blocker !== null} />
          {blocker ? <Blocker blocker={blocker} /> : null}
          {database === null || isUntouched ? null : <DatabaseWitnessCard witness={database} />}
          {isUntouched ? <NoHome /> : null}
          <Charts view={view} range={range} history={history} live={points} />
          {home ? <Facts home={home} /> : null}
          {home ? <TableList tables={home.tables} /> : null}
        </div>
      ) : (
        <Pending error={error} onRetry={() => void refetch()}>
          <div role="status" aria-label="Loading replication" className="flex flex-col gap-4">
            <Skeleton className="h-14 rounded-lg" />
            <Skeleton className="h-72 rounded-lg" />
          </div>
        </Pending>
      )}
    </>
  );
}

function hasSlot(database: DatabaseWitness | null): boolean {
  return database?.kind === "said" && database.slot !== null;
}
