import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { ReplicationClient } from "./client.tsx";
import { parseReplicationParams } from "./search-params.ts";

export const metadata: Metadata = { title: "Replication" };

interface ReplicationPageProps {
  params: Promise<{ ref: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function ReplicationPage({ params, searchParams }: ReplicationPageProps) {
  const { ref } = await params;
  const { tab, range } = parseReplicationParams(await searchParams);
  if (tab === "stream") {
    await Promise.all([
      prefetch(api.replication.snapshot.queryOptions({ ref })),
      prefetch(api.replication.history.queryOptions({ ref, range })),
    ]);
  } else if (tab === "publication") await prefetch(api.database.publication.queryOptions({ ref }));
  else await prefetch(api.replication.gaps.queryOptions({ ref }));
  return (
    <HydrateClient>
      <ReplicationClient projectRef={ref} />
    </HydrateClient>
  );
}
