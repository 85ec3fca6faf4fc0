import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { SettingsClient } from "./client.tsx";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  await prefetch(api.overview.byRef.queryOptions({ ref }));
  return (
    <HydrateClient>
      <SettingsClient projectRef={ref} />
    </HydrateClient>
  );
}
