"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EventDetail } from "#features/audit/event-detail.tsx";
import { EventTable } from "#features/audit/event-table.tsx";
import type { AuditView } from "#server/views/audit.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";

export function AuditClient() {
  const trpc = useTRPC();
  const [opened, setOpened] = useState<AuditView | null>(null);
  const query = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions({}, { getNextPageParam: ({ nextCursor }) => nextCursor }),
  );
  const events = query.data?.pages.flatMap((page) => page.events);
  return (
    <>
      <PageHeader title="Audit" description="Who changed what, from where, and what it was before." />
      {events ? (
        <Card aria-label="Audit events">
          <EventTable events={events} selected={opened?.id} onOpen={setOpened} />
          {query.hasNextPage ? (
            <div className="flex justify-center border-t p-3">
              <Button onClick={() => void query.fetchNextPage()} busy={query.isFetchingNextPage}>
                Older events
              </Button>
            </div>
          ) : null}
        </Card>
      ) : (
        <Pending error={query.error} onRetry={() => void query.refetch()} />
      )}
      {opened ? <EventDetail event={opened} onClose={() => setOpened(null)} /> : null}
    </>
  );
}
