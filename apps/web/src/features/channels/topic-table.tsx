"use client";
import Link from "next/link";
import { useMemo } from "react";
import { Badge } from "#ui/badge.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import type { TopicSummary } from "./by-topic.ts";

interface TopicTableProps {
  projectRef: string;
  topics: readonly TopicSummary[];
}

const CODE = `client.channel("room:1").subscribe((status, error) => console.log(status, error));`;

export function TopicTable({ projectRef, topics }: TopicTableProps) {
  const columns = useMemo(() => columnsOf(`/projects/${projectRef}`), [projectRef]);
  return (
    <DataTable
      label="Channels"
      columns={columns}
      rows={topics}
      rowKey={({ id }) => id}
      sort="-subscribers"
      minWidth="820px"
      empty={
        <EmptyState
          title="No channel is open"
          code={{ text: CODE, language: "ts", label: "A first channel" }}
        >
          Each topic that somebody has joined appears here.
        </EmptyState>
      }
    />
  );
}

function columnsOf(base: string): Column<TopicSummary>[] {
  return [
    {
      id: "topic",
      header: "Topic",
      mono: true,
      value: ({ topic }) => topic,
    },
    {
      id: "access",
      header: "Access",
      width: "110px",
      filter: true,
      value: (topic) => (topic.private ? "private" : "public"),
      cell: (topic) => (
        <Badge tone={topic.private ? "accent" : "outline"}>{topic.private ? "private" : "public"}</Badge>
      ),
    },
    {
      id: "subscribers",
      header: "Subscribers",
      width: "120px",
      align: "right",
      value: ({ subscribers }) => subscribers,
    },
    {
      id: "bindings",
      header: "Row bindings",
      width: "130px",
      align: "right",
      value: ({ bindings }) => bindings,
    },
    {
      id: "oldest",
      header: "Oldest",
      width: "110px",
      value: ({ oldestMs }) => oldestMs,
      cell: ({ oldestMs }) => <RelativeTime atMs={oldestMs} className="text-xs" />,
    },
    {
      id: "nodes",
      header: "Nodes",
      width: "190px",
      mono: true,
      value: ({ nodes }) => nodes.join(", "),
    },
    {
      id: "open",
      header: "Open in",
      width: "180px",
      value: () => "",
      cell: ({ topic }) => (
        <span className="flex gap-3 text-xs">
          <Link
            className="text-accent hover:underline"
            href={`${base}/inspector?q=${encodeURIComponent(`topic:${topic}`)}`}
            aria-label={`Messages of ${topic}`}
          >
            messages
          </Link>
          <Link
            className="text-accent hover:underline"
            href={`${base}/presence?topic=${encodeURIComponent(topic)}`}
            aria-label={`Presence of ${topic}`}
          >
            presence
          </Link>
        </span>
      ),
    },
  ];
}
