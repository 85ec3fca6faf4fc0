"use client";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import { useMemo } from "react";
import { formatAgo, formatBytes } from "#lib/format.ts";
import { Badge } from "#ui/badge.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { describeClient } from "./client-name.ts";

interface ConnectionTableProps {
  connections: readonly ConnectionInfo[];
  /** When the nodes were asked. */
  atMs: number;
  selected: string | undefined;
  onOpen: (connection: ConnectionInfo) => void;
}

const CODE = `const client = createClient(url, key);
client.channel("room:1").subscribe();`;

/** Connection ids are unique within their node only. */
export const connectionKey = ({ node, id }: ConnectionInfo) => `${node} ${id}`;

export function ConnectionTable({ connections, atMs, selected, onOpen }: ConnectionTableProps) {
  const columns = useMemo(() => columnsOf(atMs), [atMs]);
  return (
    <DataTable
      label="Connections"
      columns={columns}
      rows={connections}
      rowKey={connectionKey}
      onOpen={onOpen}
      selectedKey={selected}
      sort="-since"
      minWidth="1060px"
      empty={
        <EmptyState
          title="Nobody is connected"
          code={{ text: CODE, language: "ts", label: "A first connection" }}
        >
          Each open socket appears with its user, client, node, channels and what is buffered for it.
        </EmptyState>
      }
    />
  );
}

function columnsOf(atMs: number): Column<ConnectionInfo>[] {
  return [
    {
      id: "id",
      header: "Connection",
      value: ({ id }) => id,
      cell: ({ id }) => <Copyable text={id} what="connection id" />,
    },
    {
      id: "user",
      header: "User",
      mono: true,
      value: ({ user }) => user,
    },
    {
      id: "role",
      header: "Role",
      width: "128px",
      filter: true,
      value: ({ role }) => role,
      cell: ({ role }) => <Badge tone="outline">{role}</Badge>,
    },
    { id: "client", header: "Client", value: ({ userAgent }) => describeClient(userAgent) },
    {
      id: "vsn",
      header: "Vsn",
      width: "68px",
      mono: true,
      value: ({ vsn }) => vsn,
    },
    {
      id: "node",
      header: "Node",
      width: "128px",
      filter: true,
      mono: true,
      value: ({ node }) => node,
    },
    {
      id: "since",
      header: "Since",
      width: "104px",
      value: ({ sinceMs }) => sinceMs,
      cell: ({ sinceMs }) => <RelativeTime atMs={sinceMs} className="text-xs" />,
    },
    {
      id: "lastByte",
      header: "Last byte",
      width: "104px",
      value: ({ lastByteMs }) => lastByteMs,
      cell: ({ lastByteMs }) => <span className="text-xs">{formatAgo(atMs - lastByteMs)}</span>,
    },
    {
      id: "channels",
      header: "Channels",
      width: "96px",
      align: "right",
      value: ({ channels }) => channels.length,
    },
    {
      id: "buffered",
      header: "Buffered",
      width: "96px",
      align: "right",
      value: ({ bufferedBytes }) => bufferedBytes,
      cell: ({ bufferedBytes }) => formatBytes(bufferedBytes),
    },
  ];
}
