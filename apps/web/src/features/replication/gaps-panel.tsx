"use client";
import { useQuery } from "@tanstack/react-query";
import type { GapCause } from "@tidewire/db/gap-causes";
import { formatBytes } from "#lib/format.ts";
import type { Gap, GapLedger } from "#server/views/replication.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";
import { lsnDistance } from "./lsn-distance.ts";

const REFRESH_MS = 15_000;

interface CauseWords {
  short: string;
  sentence: string;
}

const CAUSE: Record<GapCause, CauseWords> = {
  "slot-over-limit": {
    short: "slot over its limit",
    sentence: "The slot retained more than the project allows and was given up.",
  },
  "slot-missing": {
    short: "slot gone",
    sentence: "Somebody dropped the slot, or a server was promoted that never had it.",
  },
  "slot-invalidated": {
    short: "slot invalidated",
    sentence: "Postgres gave the slot up: max_slot_wal_keep_size, or a conflict.",
  },
  "slot-unreadable": {
    short: "slot unreadable",
    sentence: "The slot was older than a publication and had to be moved past it.",
  },
  "database-rewound": {
    short: "database rewound",
    sentence: "The database stands before what had been delivered: a backup, or a standby that was behind.",
  },
};

const COLUMNS: Column<Gap>[] = [
  {
    id: "at",
    header: "Found",
    width: "120px",
    value: ({ atMs }) => atMs,
    cell: ({ atMs }) => <RelativeTime atMs={atMs} className="text-xs" />,
  },
  {
    id: "cause",
    header: "Cause",
    width: "160px",
    filter: true,
    value: ({ cause }) => CAUSE[cause].short,
    cell: ({ cause }) => <span title={CAUSE[cause].sentence}>{CAUSE[cause].short}</span>,
  },
  {
    id: "from",
    header: "After",
    width: "130px",
    value: ({ fromLsn }) => fromLsn,
    cell: ({ fromLsn }) => <Copyable text={fromLsn} what="start of the gap" />,
  },
  {
    id: "to",
    header: "Up to",
    width: "130px",
    value: ({ toLsn }) => toLsn,
    cell: ({ toLsn }) => <Copyable text={toLsn} what="end of the gap" />,
  },
  {
    id: "size",
    header: "WAL",
    width: "100px",
    align: "right",
    value: ({ fromLsn, toLsn }) => lsnDistance(fromLsn, toLsn),
    cell: ({ fromLsn, toLsn }) => formatBytes(lsnDistance(fromLsn, toLsn)),
  },
  {
    id: "tables",
    header: "Tables",
    value: ({ tables }) => tables.join(", "),
    cell: ({ tables }) => (
      <span className="font-mono text-xs" title={tables.join(", ")}>
        {tables.join(", ") || "–"}
      </span>
    ),
  },
  {
    id: "channels",
    header: "Channels told",
    width: "120px",
    align: "right",
    value: ({ channels }) => channels,
  },
  {
    id: "node",
    header: "By",
    width: "120px",
    mono: true,
    value: ({ node }) => node,
  },
];

/** The ledger of everything that was committed and not delivered. */
export function GapsPanel({ projectRef }: { projectRef: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery({
    ...trpc.replication.gaps.queryOptions({ ref: projectRef }),
    refetchInterval: REFRESH_MS,
  });
  if (!data && error) return <ProblemState error={error} onRetry={() => void refetch()} />;
  return (
    <Card aria-label="Gap ledger">
      <CardHeader
        title="Gap ledger"
        description="Row changes that were committed and could not be delivered. Every channel that had asked for them was told, with this range."
      />
      <div className="border-t">{data ? <Ledger ledger={data} /> : <SkeletonRows />}</div>
    </Card>
  );
}

function Ledger({ ledger: { gaps, sinceMs } }: { ledger: GapLedger }) {
  return (
    <DataTable
      label="Gaps"
      name="g."
      columns={COLUMNS}
      rows={gaps}
      rowKey={({ id }) => id}
      sort="-at"
      minWidth="1000px"
      empty={
        <EmptyState title="No gap: nothing was lost">
          Since <RelativeTime atMs={sinceMs} /> no WAL had to be given up before it was read. If that ever
          happens, the exact range stands here, and every channel that had asked for those rows is told.
        </EmptyState>
      }
    />
  );
}
