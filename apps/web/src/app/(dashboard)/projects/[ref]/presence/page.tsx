import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { PresenceClient } from "./client.tsx";
import { parsePresenceParams } from "./search-params.ts";

export const metadata: Metadata = { title: "Presence" };

interface PresencePageProps {
  params: Promise<{ ref: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function PresencePage({ params, searchParams }: PresencePageProps) {
  const { ref } = await params;
  const { topic } = parsePresenceParams(await searchParams);
  await prefetch(api.presence.snapshot.queryOptions(topic === "" ? { ref } : { ref, topic }));
  return (
    <HydrateClient>
      <PresenceClient projectRef={ref} />
    </HydrateClient>
  );
}
