"use client";
import { Plus } from "lucide-react";
import Link from "next/link";
import { ProjectCard } from "#features/projects/project-card.tsx";
import { useProjects } from "#features/projects/use-projects.ts";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { Input } from "#ui/input.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";

/** From this many projects on, looking for one is work. */
const SEARCH_FROM = 7;

export function ProjectsClient() {
  const { data, error, refetch, feed } = useProjects();
  const [search, setSearch] = useUrlParam("q");
  const wanted = search.trim().toLowerCase();
  const projects = (data?.projects ?? []).filter(({ name, ref, region }) =>
    `${name} ${ref} ${region}`.toLowerCase().includes(wanted),
  );

  return (
    <>
      <PageHeader
        title="Projects"
        actions={
          <>
            {(data?.projects.length ?? 0) >= SEARCH_FROM ? (
              <Input
                type="search"
                aria-label="Search projects"
                placeholder="Search"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
                className="w-48"
              />
            ) : null}
            <NewProjectLink />
          </>
        }
      />
      <StatusLine feed={feed} survey={data} className="-mt-2 pb-4" />
      {data ? (
        <>
          <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
            {projects.map((project) => (
              <ProjectCard key={project.ref} project={project} />
            ))}
          </div>
          {data.projects.length === 0 ? (
            <Card>
              <EmptyState title="No project yet" action={<NewProjectLink />}>
                A project is a URL and keys for supabase-js, a database whose changes are streamed, and every
                message between its clients, in plain sight.
              </EmptyState>
            </Card>
          ) : projects.length === 0 ? (
            <EmptyState title={`No project is called “${search}”`} />
          ) : null}
        </>
      ) : (
        <Pending error={error} onRetry={() => void refetch()}>
          <div
            role="status"
            aria-label="Loading projects"
            className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3"
          >
            <Skeleton className="h-44 rounded-lg" />
            <Skeleton className="h-44 rounded-lg" />
            <Skeleton className="h-44 rounded-lg" />
          </div>
        </Pending>
      )}
    </>
  );
}

function NewProjectLink() {
  return (
    <Button asChild variant="primary">
      <Link href="/projects/new">
        <Plus className="size-3.5" aria-hidden /> New project
      </Link>
    </Button>
  );
}
