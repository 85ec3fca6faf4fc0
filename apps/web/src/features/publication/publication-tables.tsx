"use client";
import { useMemo } from "react";
import { useAskChange } from "#features/database/change-dialog.tsx";
import type { DatabaseChange } from "#lib/schemas/database.ts";
import type { PublicationTable, PublicationView } from "#server/views/database.ts";
import { Badge, type BadgeTone } from "#ui/badge.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { Switch } from "#ui/switch.tsx";
import { tableKey } from "./table-key.ts";
import { type TableWarning, warningsOf } from "./table-warnings.ts";

const FIRST_TABLE = `create table public.messages (
  id bigint generated always as identity primary key,
  body text not null
);
alter table public.messages enable row level security;`;

const TONE: Record<TableWarning["tone"], BadgeTone> = { bad: "bad", warn: "warn", hint: "neutral" };

interface PublicationTablesProps {
  view: PublicationView;
  mayChange: boolean;
  selected: string;
  onOpen: (key: string) => void;
}

export function PublicationTables({ view, mayChange, selected, onOpen }: PublicationTablesProps) {
  const ask = useAskChange();
  const columns = useMemo(() => columnsOf(view.publishes, mayChange, ask), [view.publishes, mayChange, ask]);
  return (
    <DataTable
      label="Tables"
      name="p."
      columns={columns}
      rows={view.tables}
      rowKey={tableKey}
      onOpen={(table) => onOpen(tableKey(table))}
      selectedKey={selected}
      minWidth="900px"
      empty={
        <EmptyState
          title="The database has no table yet"
          code={{ text: FIRST_TABLE, language: "sql", label: "A first table" }}
        >
          Create one in the project's database; it appears here, and a switch publishes it.
        </EmptyState>
      }
    />
  );
}

function columnsOf(
  publishes: PublicationView["publishes"],
  mayChange: boolean,
  ask: (change: DatabaseChange) => void,
): Column<PublicationTable>[] {
  return [
    {
      id: "published",
      header: "Streamed",
      width: "100px",
      value: ({ publishedAs }) => (publishedAs === null ? "off" : "on"),
      filter: true,
      cell: (table) => <PublishSwitch table={table} mayChange={mayChange} ask={ask} />,
    },
    {
      id: "table",
      header: "Table",
      mono: true,
      value: tableKey,
    },
    {
      id: "columns",
      header: "Columns",
      width: "110px",
      value: toColumnCount,
    },
    {
      id: "where",
      header: "Row filter",
      value: ({ filter }) => filter,
      cell: ({ filter }) => (
        <span className="font-mono text-xs" title={filter ?? undefined}>
          {filter ?? "–"}
        </span>
      ),
    },
    {
      id: "security",
      header: "Row security",
      width: "130px",
      value: ({ rowSecurity }) => (rowSecurity ? "on" : "off"),
      cell: ({ rowSecurity, readPolicies }) => (
        <Badge tone={rowSecurity ? "ok" : "warn"}>
          {rowSecurity ? `on, ${readPolicies} to read` : "off"}
        </Badge>
      ),
    },
    {
      id: "warnings",
      header: "To look at",
      width: "250px",
      value: (table) => warningsOf(table, publishes).filter(({ tone }) => tone !== "hint").length,
      cell: (table) => <Warnings warnings={warningsOf(table, publishes)} />,
    },
  ];
}

function toColumnCount({ columns, publishedAs }: PublicationTable): string {
  const published = columns.filter(({ isPublished }) => isPublished).length;
  if (publishedAs === null) return `${columns.length}`;
  return published === columns.length ? `all ${columns.length}` : `${published} of ${columns.length}`;
}

interface PublishSwitchProps {
  table: PublicationTable;
  mayChange: boolean;
  ask: (change: DatabaseChange) => void;
}

function PublishSwitch({ table: { schema, table, publishedAs }, mayChange, ask }: PublishSwitchProps) {
  const isFixed = publishedAs === "schema" || publishedAs === "all-tables";
  return (
    <Switch
      aria-label={`Publish ${schema}.${table}`}
      title={isFixed ? "The publication names all tables, not this one" : undefined}
      checked={publishedAs !== null}
      disabled={!mayChange || isFixed}
      onClick={(event) => event.stopPropagation()}
      onCheckedChange={(on) =>
        ask(
          on
            ? { kind: "publish", schema, table, again: false, columns: null, filter: null }
            : { kind: "unpublish", schema, table },
        )
      }
    />
  );
}

function Warnings({ warnings }: { warnings: readonly TableWarning[] }) {
  // Row security has a column of its own.
  const shown = warnings.filter(({ tone, id }) => tone !== "hint" && id !== "no-row-security");
  if (shown.length === 0) return <span className="text-faint text-xs">–</span>;
  return (
    <span className="flex gap-1">
      {shown.map(({ id, tone, short }) => (
        <Badge key={id} tone={TONE[tone]}>
          {short}
        </Badge>
      ))}
    </span>
  );
}
