"use client";
import type { ReactNode } from "react";
import type { LogKind } from "#lib/log-kinds.ts";
import type { LogEntry } from "#server/views/logs.ts";
import { Badge, type BadgeTone } from "#ui/badge.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { ClockTime, RelativeTime } from "#ui/relative-time.tsx";
import { useNow } from "#ui/use-now.ts";

export const KIND_TONE: Record<LogKind, BadgeTone> = {
  refusal: "bad",
  gap: "bad",
  outage: "bad",
  "take-over": "accent",
  eviction: "warn",
  close: "warn",
  system: "outline",
  change: "neutral",
};

const COLUMNS: Column<LogEntry>[] = [
  {
    id: "at",
    header: "Time",
    width: "124px",
    value: ({ atMs }) => new Date(atMs).toISOString(),
    cell: ({ atMs }) => <LogTime atMs={atMs} />,
  },
  {
    id: "kind",
    header: "Kind",
    width: "104px",
    filter: true,
    value: ({ kind }) => kind,
    cell: ({ kind }) => <Badge tone={KIND_TONE[kind]}>{kind}</Badge>,
  },
  {
    id: "code",
    header: "Code",
    width: "210px",
    filter: true,
    mono: true,
    value: ({ code }) => code ?? "–",
  },
  {
    id: "sentence",
    header: "What happened",
    value: ({ sentence }) => sentence,
    cell: ({ sentence, times }) => (
      <span title={sentence}>
        {times > 1 ? <strong className="mr-1.5 text-muted">{times} ×</strong> : null}
        {sentence}
      </span>
    ),
  },
  {
    id: "topic",
    header: "Topic",
    width: "170px",
    mono: true,
    value: ({ topic }) => topic,
  },
  {
    id: "node",
    header: "Node",
    width: "120px",
    filter: true,
    mono: true,
    value: ({ node }) => node ?? "–",
  },
];

const CODE = `const door = client.channel("vault", { config: { private: true } });
door.subscribe(console.log); // refused, until a policy lets somebody in`;

const DAY_MS = 24 * 3_600_000;

/** A clock without its day tells nothing of yesterday. */
function LogTime({ atMs }: { atMs: number }) {
  const nowMs = useNow();
  const isOld = nowMs !== null && nowMs - atMs > DAY_MS;
  return isOld ? (
    <RelativeTime atMs={atMs} className="text-xs" />
  ) : (
    <ClockTime atMs={atMs} className="text-xs" />
  );
}

interface LogTableProps {
  entries: readonly LogEntry[];
  selected: string | undefined;
  onOpen: (entry: LogEntry) => void;
  toolbar: ReactNode;
}

export function LogTable({ entries, selected, onOpen, toolbar }: LogTableProps) {
  return (
    <DataTable
      label="Log"
      columns={COLUMNS}
      rows={entries}
      rowKey={({ id }) => id}
      sort="-at"
      onOpen={onOpen}
      selectedKey={selected}
      minWidth="1040px"
      toolbar={toolbar}
      empty={
        <EmptyState
          title="Nothing has happened yet"
          code={{ text: CODE, language: "ts", label: "A first refusal" }}
        >
          Refusals, evictions, closed sockets, outages, take-overs, gaps and changes of this project appear
          here, each with its code and what to do about it.
        </EmptyState>
      }
    />
  );
}
