"use client";
import type { PresenceMember } from "@tidewire/protocol/cluster/inspect";
import { useState } from "react";
import { DeparturePanel } from "#features/presence/departure-panel.tsx";
import { MemberDetail } from "#features/presence/member-detail.tsx";
import { MemberTable, memberKey } from "#features/presence/member-table.tsx";
import { TopicList } from "#features/presence/topic-list.tsx";
import { usePresence } from "#features/presence/use-presence.ts";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";

export function PresenceClient({ projectRef }: { projectRef: string }) {
  const [topic, setTopic] = useUrlParam("topic");
  const [opened, setOpened] = useState<PresenceMember | undefined>(undefined);
  const { data: view, error, refetch, feed } = usePresence(projectRef, topic);
  const members = view?.members.filter((member) => topic === "" || member.topic === topic) ?? [];
  const openedKey = opened && memberKey(opened);
  const current = members.find((member) => memberKey(member) === openedKey);

  return (
    <>
      <PageHeader title="Presence" description="Who is in which topic, and how we know." />
      <StatusLine feed={feed} survey={view} className="-mt-2 pb-4" />
      {view ? (
        <div className="flex flex-col gap-4">
          <Card
            aria-label="Topics and members"
            className="grid divide-line max-lg:divide-y lg:grid-cols-[224px_minmax(0,1fr)] lg:divide-x"
          >
            <TopicList topics={view.topics} selected={topic} onSelect={setTopic} />
            <MemberTable
              members={members}
              atMs={view.askedAtMs}
              selectedKey={openedKey}
              onOpen={setOpened}
              topicShown={topic === ""}
            />
          </Card>
          <DeparturePanel departures={view.departures} />
        </div>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
      {opened ? (
        <MemberDetail
          projectRef={projectRef}
          member={current ?? opened}
          atMs={view?.askedAtMs ?? opened.sinceMs}
          present={current !== undefined}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
    </>
  );
}
