import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { ConnectionsClient } from "./client.tsx";

export const metadata: Metadata = { title: "Connections" };

export default async function ConnectionsPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  await prefetch(api.connections.list.queryOptions({ ref }));
  return (
    <HydrateClient>
      <ConnectionsClient projectRef={ref} />
    </HydrateClient>
  );
}
