"use client";
import { useMemo } from "react";
import { NODE_STATUS } from "#features/shell/region-health.ts";
import { formatAgo, formatBytes, formatCount, formatDuration, formatMs } from "#lib/format.ts";
import type { NodeView } from "#server/views/fleet.ts";
import { Copyable } from "#ui/copyable.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { Meter } from "#ui/meter.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { drainProgress, type Peaks } from "./drain-progress.ts";

interface NodeTableProps {
  region: string;
  nodes: readonly NodeView[];
  peaks: Peaks;
  /** Whether the reconciler runs the nodes. */
  managed: boolean;
  /** When the nodes were asked. */
  atMs: number;
  onOpen: (node: NodeView) => void;
  selected: string | undefined;
}

export function NodeTable({ region, nodes, peaks, managed, atMs, onOpen, selected }: NodeTableProps) {
  const columns = useMemo(() => columnsOf(peaks, atMs), [peaks, atMs]);
  return (
    <DataTable
      label={`Nodes of ${region}`}
      name={`${region}.`}
      columns={columns}
      rows={nodes}
      rowKey={({ id }) => id}
      onOpen={onOpen}
      selectedKey={selected}
      minWidth="1080px"
      empty={
        <EmptyState title="No node runs here" className="py-8">
          {managed
            ? "Raise the desired number and the reconciler starts one within seconds."
            : "A node that beats for this region appears here."}
        </EmptyState>
      }
    />
  );
}

function columnsOf(peaks: Peaks, atMs: number): Column<NodeView>[] {
  return [
    {
      id: "node",
      header: "Node",
      width: "150px",
      value: ({ id }) => id,
      cell: ({ id }) => <Copyable text={id} what={`node id ${id}`} />,
    },
    {
      id: "state",
      header: "State",
      filter: true,
      value: ({ health }) => health,
      cell: (node) => <State node={node} peaks={peaks} />,
    },
    {
      id: "beat",
      header: "Beat",
      width: "92px",
      value: ({ beatAtMs }) => beatAtMs,
      cell: ({ beatAtMs }) => (
        <span className="text-xs">{beatAtMs === null ? "–" : formatAgo(atMs - beatAtMs)}</span>
      ),
    },
    {
      id: "connections",
      header: "Connections",
      width: "112px",
      align: "right",
      value: ({ connections }) => connections,
      cell: ({ connections }) => formatCount(connections),
    },
    {
      id: "loop",
      header: "Event loop p99",
      width: "128px",
      align: "right",
      value: ({ eventLoopP99Ms }) => eventLoopP99Ms,
      cell: ({ eventLoopP99Ms }) => formatMs(eventLoopP99Ms),
    },
    {
      id: "heap",
      header: "Heap",
      width: "88px",
      align: "right",
      value: ({ heapBytes }) => heapBytes,
      cell: ({ heapBytes }) => formatBytes(heapBytes),
    },
    {
      id: "rss",
      header: "RSS",
      width: "88px",
      align: "right",
      value: ({ rssBytes }) => rssBytes,
      cell: ({ rssBytes }) => formatBytes(rssBytes),
    },
    { id: "homes", header: "Homes", width: "76px", align: "right", value: ({ homes }) => homes.length },
    {
      id: "uptime",
      header: "Uptime",
      width: "100px",
      value: ({ startedAtMs }) => startedAtMs,
      cell: ({ startedAtMs }) => (
        <span className="text-xs">{startedAtMs === null ? "–" : formatDuration(atMs - startedAtMs)}</span>
      ),
    },
    {
      id: "version",
      header: "Version",
      width: "84px",
      mono: true,
      value: ({ version }) => version,
    },
  ];
}

function State({ node, peaks }: { node: NodeView; peaks: Peaks }) {
  const progress = drainProgress(node, peaks);
  return (
    <span className="flex items-center gap-2" title={node.reason}>
      <StatusMark status={NODE_STATUS[node.health]} label={node.health} />
      <span>{node.health}</span>
      {progress ? (
        <>
          <Meter
            label={`Connections moved off ${node.id}`}
            value={progress.moved}
            max={progress.of}
            className="w-16"
          />
          <span className="text-muted text-xs">
            {formatCount(progress.moved)} of {formatCount(progress.of)} moved
          </span>
        </>
      ) : (
        <span className="truncate text-muted text-xs">{node.reason}</span>
      )}
    </span>
  );
}
