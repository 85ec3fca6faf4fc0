"use client";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { Badge } from "#ui/badge.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";

type Table = ReplicationSnapshot["tables"][number];

const COLUMNS: Column<Table>[] = [
  {
    id: "table",
    header: "Table",
    mono: true,
    value: ({ schema, table }) => `${schema}.${table}`,
  },
  {
    id: "rls",
    header: "Row security",
    width: "280px",
    value: ({ rls }) => (rls ? "on" : "off"),
    cell: ({ rls }) =>
      rls ? <Badge tone="ok">on</Badge> : <Badge tone="warn">off: every subscriber sees every row</Badge>,
  },
  { id: "changes", header: "Changes", width: "120px", align: "right", value: ({ changes }) => changes },
  {
    id: "classes",
    header: "Claims classes",
    width: "140px",
    align: "right",
    value: ({ classes }) => classes,
  },
];

const ADD_TABLE = `alter publication supabase_realtime add table public.messages;
alter table public.messages enable row level security;`;

export function TableList({ tables }: { tables: readonly Table[] }) {
  return (
    <Card aria-label="Tables">
      <CardHeader
        title="Tables"
        description="One visibility query per claims class and batch, not per subscriber."
      />
      <div className="border-t">
        <DataTable
          label="Tables"
          columns={COLUMNS}
          rows={tables}
          rowKey={({ schema, table }) => `${schema}.${table}`}
          sort="-changes"
          empty={
            <EmptyState
              title="No table is listened to"
              code={{ text: ADD_TABLE, language: "sql", label: "Publish a table" }}
            >
              A published table appears here once a client listens to it.
            </EmptyState>
          }
        />
      </div>
    </Card>
  );
}
