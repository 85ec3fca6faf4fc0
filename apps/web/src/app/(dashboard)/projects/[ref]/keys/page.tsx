import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { KeysClient } from "./client.tsx";

export const metadata: Metadata = { title: "Keys" };

export default async function KeysPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  await prefetch(api.keys.list.queryOptions({ ref }));
  return (
    <HydrateClient>
      <KeysClient projectRef={ref} />
    </HydrateClient>
  );
}
