import type { Metadata } from "next";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";
import { ProjectsClient } from "./client.tsx";

export const metadata: Metadata = { title: "Projects" };

export default async function ProjectsPage() {
  await prefetch(api.projects.list.queryOptions());
  return (
    <HydrateClient>
      <ProjectsClient />
    </HydrateClient>
  );
}
