import type { ReactNode } from "react";
import { ProjectGate } from "#features/project/project-gate.tsx";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";

interface ProjectLayoutProps {
  children: ReactNode;
  params: Promise<{ ref: string }>;
}

export default async function ProjectLayout({ children, params }: ProjectLayoutProps) {
  const { ref } = await params;
  await prefetch(api.projects.byRef.queryOptions({ ref }));
  return (
    <HydrateClient>
      <ProjectGate projectRef={ref}>{children}</ProjectGate>
    </HydrateClient>
  );
}
