"use client";
import Link from "next/link";
import type { AuditView } from "#server/views/audit.ts";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";

const COLUMNS: Column<AuditView>[] = [
  {
    id: "at",
    header: "Time",
    width: "110px",
    value: ({ atMs }) => atMs,
    cell: ({ atMs }) => <RelativeTime atMs={atMs} className="text-xs" />,
  },
  { id: "actor", header: "Who", filter: true, value: ({ actor }) => actor },
  {
    id: "action",
    header: "Did",
    width: "190px",
    filter: true,
    mono: true,
    value: ({ action }) => action,
  },
  {
    id: "target",
    header: "To",
    mono: true,
    value: ({ target }) => target,
  },
  {
    id: "project",
    header: "Project",
    width: "200px",
    filter: true,
    value: ({ projectRef }) => projectRef ?? "–",
    cell: ({ projectRef }) =>
      projectRef ? (
        <Link href={`/projects/${projectRef}`} className="font-mono text-accent text-xs hover:underline">
          {projectRef}
        </Link>
      ) : (
        "–"
      ),
  },
  {
    id: "address",
    header: "From",
    width: "140px",
    mono: true,
    value: ({ address }) => address,
  },
];

interface EventTableProps {
  events: readonly AuditView[];
  selected: string | undefined;
  onOpen: (event: AuditView) => void;
}

export function EventTable({ events, selected, onOpen }: EventTableProps) {
  return (
    <DataTable
      label="Audit events"
      columns={COLUMNS}
      rows={events}
      rowKey={({ id }) => id}
      sort="-at"
      onOpen={onOpen}
      selectedKey={selected}
      minWidth="960px"
      empty={
        <EmptyState title="Nothing has been changed yet">
          Whoever creates, changes, rotates, revokes or deletes something appears here, with what it was
          before.
        </EmptyState>
      }
    />
  );
}
