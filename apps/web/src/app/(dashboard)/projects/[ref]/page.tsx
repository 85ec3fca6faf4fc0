import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { OverviewClient } from "./client.tsx";
import { parseOverviewParams } from "./search-params.ts";

export const metadata: Metadata = { title: "Overview" };

interface OverviewPageProps {
  params: Promise<{ ref: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function OverviewPage({ params, searchParams }: OverviewPageProps) {
  const { ref } = await params;
  const { range } = parseOverviewParams(await searchParams);
  await Promise.all([
    prefetch(api.overview.byRef.queryOptions({ ref })),
    prefetch(api.overview.history.queryOptions({ ref, range })),
  ]);
  return (
    <HydrateClient>
      <OverviewClient projectRef={ref} />
    </HydrateClient>
  );
}
