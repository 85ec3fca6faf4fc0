"use client";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import Link from "next/link";
import { type ReactNode, useMemo } from "react";
import { useTail } from "#features/inspector/use-tail.ts";
import { usePause } from "#features/live/pause.tsx";
import { formatCount } from "#lib/format.ts";
import { Card, CardHeader } from "#ui/card.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { ClockTime, RelativeTime } from "#ui/relative-time.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { groupRefusals, type RefusalGroup, reasonOf } from "./refusals.ts";

const COLUMNS: Column<TapEvent>[] = [
  {
    id: "at",
    header: "Time",
    width: "120px",
    value: ({ atMs }) => atMs,
    cell: ({ atMs }) => <ClockTime atMs={atMs} className="text-xs" />,
  },
  {
    id: "code",
    header: "Code",
    width: "230px",
    filter: true,
    value: ({ code }) => code,
    cell: ({ code }) => <span className="font-mono text-bad text-xs">{code ?? "–"}</span>,
  },
  {
    id: "message",
    header: "Reason",
    value: (refusal) => reasonOf(refusal),
    cell: (refusal) => <span title={refusal.message}>{reasonOf(refusal) ?? "–"}</span>,
  },
  {
    id: "topic",
    header: "Topic",
    width: "180px",
    mono: true,
    value: ({ topic }) => topic,
  },
  {
    id: "from",
    header: "From",
    width: "180px",
    mono: true,
    value: ({ user, from }) => user ?? from,
  },
  {
    id: "node",
    header: "Node",
    width: "130px",
    mono: true,
    value: ({ node }) => node,
  },
];

/** The last refused handshakes, joins and messages that the nodes remember, and those that come while one watches. */
export function RefusalList({ projectRef }: { projectRef: string }) {
  const { paused } = usePause();
  const { tail, survey, feed, error, reset } = useTail({
    ref: projectRef,
    filter: [],
    kinds: ["refusal"],
    maxPerSecond: 200,
    hold: paused,
  });
  const refusals = useMemo(() => tail.rows.filter(({ kind }) => kind === "refusal"), [tail.rows]);
  const groups = useMemo(() => groupRefusals(refusals), [refusals]);
  if (error && !survey && feed.kind === "lost") return <ProblemState error={error} onRetry={reset} />;
  return (
    <>
      <StatusLine feed={feed} survey={survey} className="pb-4" />
      {groups.length > 0 ? (
        <ul aria-label="Refusals by code" className="mb-4 grid gap-3 lg:grid-cols-2">
          {groups.map((group) => (
            <li key={group.code}>
              <Group group={group}>
                {group.code === "Unauthorized" ? (
                  <Simulate projectRef={projectRef} topic={refusals.find(isUnauthorized)?.topic} />
                ) : null}
              </Group>
            </li>
          ))}
        </ul>
      ) : null}
      <Card aria-label="Refusals">
        <DataTable
          label="Refusals"
          name="r."
          columns={COLUMNS}
          rows={refusals}
          rowKey={({ id }) => id}
          sort="-at"
          minWidth="980px"
          empty={
            <EmptyState title="Nothing was refused lately">
              A handshake, join or message that is turned away appears here with its code and the sentence
              that the client read.
            </EmptyState>
          }
        />
      </Card>
    </>
  );
}

function isUnauthorized({ code }: TapEvent): boolean {
  return code === "Unauthorized";
}

/** Leads to the policy that said no, for the topic of the last such refusal. */
function Simulate({ projectRef, topic }: { projectRef: string; topic: string | undefined }) {
  const query = topic === undefined ? "" : `?topic=${encodeURIComponent(topic)}`;
  return (
    <Link href={`/projects/${projectRef}/policies${query}`} className="text-accent hover:underline">
      Simulate it
    </Link>
  );
}

function Group({ group, children }: { group: RefusalGroup; children: ReactNode }) {
  return (
    <Card className="h-full">
      <CardHeader
        title={<span className="font-mono text-bad text-sm">{group.code}</span>}
        description={group.sentence}
        actions={
          <span className="text-right text-xs">
            <strong className="text-sm">{formatCount(group.count)}</strong>{" "}
            <RelativeTime atMs={group.lastAtMs} className="text-faint" />
          </span>
        }
      />
      {group.remedy ? (
        <p className="px-4 pb-3 text-sm">
          {group.remedy} {group.retry ? <span className="text-faint">The client {group.retry}.</span> : null}{" "}
          {children}
        </p>
      ) : null}
    </Card>
  );
}
