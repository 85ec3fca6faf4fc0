import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { PoliciesClient } from "./client.tsx";

export const metadata: Metadata = { title: "Policies" };

export default async function PoliciesPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  await prefetch(api.policies.list.queryOptions({ ref }));
  return (
    <HydrateClient>
      <PoliciesClient projectRef={ref} />
    </HydrateClient>
  );
}
