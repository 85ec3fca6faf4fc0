"use client";
import type { MemberView } from "#server/views/team.ts";
import { Badge } from "#ui/badge.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";

const COLUMNS: Column<MemberView>[] = [
  { id: "name", header: "Name", value: ({ name }) => name },
  {
    id: "email",
    header: "Email",
    mono: true,
    value: ({ email }) => email,
  },
  {
    id: "role",
    header: "Role",
    width: "130px",
    filter: true,
    value: ({ role }) => role,
    cell: ({ role }) => <Badge tone="outline">{role}</Badge>,
  },
  {
    id: "since",
    header: "Member since",
    width: "130px",
    value: ({ sinceMs }) => sinceMs,
    cell: ({ sinceMs }) => <RelativeTime atMs={sinceMs} className="text-xs" />,
  },
  {
    id: "sessions",
    header: "Signed in at",
    width: "130px",
    align: "right",
    value: ({ sessions }) => sessions,
    cell: ({ sessions }) => (sessions === 1 ? "1 place" : `${sessions} places`),
  },
];

export function MemberList({ members }: { members: readonly MemberView[] }) {
  return (
    <DataTable
      label="Members"
      columns={COLUMNS}
      rows={members}
      rowKey={({ id }) => id}
      minWidth="720px"
      empty={<p className="p-6 text-center text-muted text-sm">Nobody.</p>}
    />
  );
}
