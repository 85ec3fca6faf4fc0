"use client";
import { useQuery } from "@tanstack/react-query";
import { MemberList } from "#features/team/member-list.tsx";
import { SessionsCard } from "#features/team/sessions-card.tsx";
import { useTRPC } from "#trpc/client.tsx";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";

export function TeamClient() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.team.list.queryOptions());
  return (
    <>
      <PageHeader
        title="Team"
        description={data ? `Everybody in ${data.organisation}.` : "Everybody in your organisation."}
      />
      <div className="flex flex-col gap-4">
        {data ? (
          <Card aria-label="Members">
            <MemberList members={data.members} />
          </Card>
        ) : (
          <Pending error={error} onRetry={() => void refetch()} />
        )}
        <SessionsCard />
      </div>
    </>
  );
}
