import type { Metadata } from "next";
import { Wizard } from "#features/new-project/wizard.tsx";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { PageHeader } from "#ui/page-header.tsx";

export const metadata: Metadata = { title: "New project" };

export default async function NewProjectPage() {
  await prefetch(api.fleet.snapshot.queryOptions());
  return (
    <HydrateClient>
      <PageHeader
        title="New project"
        description="A URL and keys for supabase-js, and a database whose changes are streamed."
      />
      <Wizard />
    </HydrateClient>
  );
}
