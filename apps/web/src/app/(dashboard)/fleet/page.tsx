import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { FleetClient } from "./client.tsx";

export const metadata: Metadata = { title: "Fleet" };

export default async function FleetPage() {
  await prefetch(api.fleet.snapshot.queryOptions());
  return (
    <HydrateClient>
      <FleetClient />
    </HydrateClient>
  );
}
