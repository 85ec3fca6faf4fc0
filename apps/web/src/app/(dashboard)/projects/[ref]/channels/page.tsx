import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { ChannelsClient } from "./client.tsx";

export const metadata: Metadata = { title: "Channels" };

export default async function ChannelsPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  await prefetch(api.connections.list.queryOptions({ ref }));
  return (
    <HydrateClient>
      <ChannelsClient projectRef={ref} />
    </HydrateClient>
  );
}
