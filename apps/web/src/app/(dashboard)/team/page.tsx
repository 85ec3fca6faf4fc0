import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { TeamClient } from "./client.tsx";

export const metadata: Metadata = { title: "Team" };

export default async function TeamPage() {
  await prefetch(api.team.list.queryOptions());
  return (
    <HydrateClient>
      <TeamClient />
    </HydrateClient>
  );
}
