"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { Progress } from "#features/new-project/progress.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { ProblemState, toReadableProblem } from "#ui/problem-state.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";
import { useProject } from "./use-project.ts";
import { useProjectsChanged } from "./use-projects-changed.ts";

/** Shows a project's pages when there is a project to show; its setup, removal or absence otherwise. */
export function ProjectGate({ projectRef, children }: { projectRef: string; children: ReactNode }) {
  const changed = useProjectsChanged();
  const { data, error, refetch } = useProject(projectRef);
  if (!data && error) {
    const { code } = toReadableProblem(error);
    if (code !== "ProjectNotFound" && code !== "BAD_REQUEST")
      return <ProblemState error={error} onRetry={() => void refetch()} />;
    return (
      <EmptyState
        title="There is no such project here"
        action={
          <Button asChild variant="primary">
            <Link href="/projects">All projects</Link>
          </Button>
        }
      >
        No project has the reference <code className="font-mono text-xs">{projectRef}</code>. It may have been
        deleted.
      </EmptyState>
    );
  }
  if (!data) return <SkeletonRows />;
  if (data.state === "deleting") {
    return (
      <EmptyState title={`${data.name} is being deleted`}>
        Its slot, its connections and its managed database are removed.
      </EmptyState>
    );
  }
  if (data.state !== "ready") {
    return (
      <Card className="max-w-2xl">
        <CardHeader
          title={data.state === "failed" ? `Setting up ${data.name} failed` : `Setting up ${data.name}`}
        />
        <div className="border-t">
          <Progress
            projectRef={projectRef}
            onProgress={({ state }) => {
              if (state === "ready") changed();
            }}
          />
        </div>
      </Card>
    );
  }
  return children;
}
