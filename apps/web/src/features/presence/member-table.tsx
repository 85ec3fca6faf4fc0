"use client";
import type { PresenceMember } from "@tidewire/protocol/cluster/inspect";
import { useMemo } from "react";
import { formatAgo } from "#lib/format.ts";
import { Copyable } from "#ui/copyable.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { describeEvidence, MEMBER_STATUS } from "./evidence.ts";
import { toOwnMeta } from "./own-meta.ts";

interface MemberTableProps {
  members: readonly PresenceMember[];
  /** When the evidence was taken, by the clock of those who took it: a paused page must not age its members. */
  atMs: number;
  selectedKey: string | undefined;
  onOpen: (member: PresenceMember) => void;
  topicShown: boolean;
}

const CODE = `const room = client.channel("room:1");
room.on("presence", { event: "sync" }, () => console.log(room.presenceState()));
room.subscribe((status) => status === "SUBSCRIBED" && room.track({ name: "me" }));`;

export const memberKey = ({ topic, key, phxRef, node }: PresenceMember) =>
  `${node} ${topic} ${key} ${phxRef}`;

export function MemberTable({ members, atMs, selectedKey, onOpen, topicShown }: MemberTableProps) {
  const columns = useMemo(() => columnsOf(atMs, topicShown), [atMs, topicShown]);
  return (
    <DataTable
      label="Members"
      columns={columns}
      rows={members}
      rowKey={memberKey}
      onOpen={onOpen}
      selectedKey={selectedKey}
      sort="-since"
      minWidth="940px"
      maxHeight="60vh"
      empty={
        <EmptyState title="Nobody is here" code={{ text: CODE, language: "ts", label: "Track a presence" }}>
          Each member of a topic appears with its state and the evidence for it: last byte, pings, node.
        </EmptyState>
      }
    />
  );
}

function columnsOf(nowMs: number, topicShown: boolean): Column<PresenceMember>[] {
  return [
    {
      id: "key",
      header: "Key",
      width: "112px",
      value: ({ key }) => key,
      cell: ({ key }) => <Copyable text={key} what={`key ${key}`} />,
    },
    ...(topicShown
      ? [
          {
            id: "topic",
            header: "Topic",
            width: "132px",
            mono: true,
            value: ({ topic }: PresenceMember) => topic,
          },
        ]
      : []),
    {
      id: "state",
      header: "State",
      width: "208px",
      filter: true,
      value: ({ state }) => state,
      cell: (member) => (
        <span className="flex items-center gap-2" title={describeEvidence(member, nowMs)}>
          <StatusMark status={MEMBER_STATUS[member.state]} label={member.state} />
          <span className="line-clamp-2 whitespace-normal text-muted text-xs leading-4">
            {describeEvidence(member, nowMs)}
          </span>
        </span>
      ),
    },
    {
      id: "meta",
      header: "Metas",
      value: ({ metaJson }) => toOwnMeta(metaJson),
      cell: ({ metaJson }) => (
        <span className="font-mono text-muted text-xs" title={toOwnMeta(metaJson)}>
          {toOwnMeta(metaJson)}
        </span>
      ),
    },
    {
      id: "since",
      header: "Since",
      width: "80px",
      value: ({ sinceMs }) => sinceMs,
      cell: ({ sinceMs }) => <RelativeTime atMs={sinceMs} className="text-xs" />,
    },
    {
      id: "lastByte",
      header: "Last byte",
      width: "80px",
      value: ({ lastByteMs }) => lastByteMs,
      cell: ({ lastByteMs }) => (
        <span className="text-xs">{lastByteMs === undefined ? "–" : formatAgo(nowMs - lastByteMs)}</span>
      ),
    },
    {
      id: "pings",
      header: "Pings",
      width: "56px",
      align: "right",
      value: ({ pingsOutstanding }) => pingsOutstanding,
    },
    {
      id: "node",
      header: "Node",
      width: "92px",
      filter: true,
      mono: true,
      value: ({ node }) => node,
    },
  ];
}
