"use client";
import { useMemo } from "react";
import { summarizeTopics } from "#features/channels/by-topic.ts";
import { TopicTable } from "#features/channels/topic-table.tsx";
import { useConnections } from "#features/connections/use-connections.ts";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";

export function ChannelsClient({ projectRef }: { projectRef: string }) {
  const { data: view, error, refetch, feed } = useConnections(projectRef);
  const topics = useMemo(() => summarizeTopics(view?.connections ?? []), [view]);
  return (
    <>
      <PageHeader title="Channels" description="Every topic that somebody has joined, and where." />
      <StatusLine feed={feed} survey={view} className="-mt-2 pb-4" />
      {view ? (
        <Card aria-label="Channels">
          <TopicTable projectRef={projectRef} topics={topics} />
        </Card>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}
