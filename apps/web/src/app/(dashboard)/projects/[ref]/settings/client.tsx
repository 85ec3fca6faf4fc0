"use client";
import { useOverview } from "#features/overview/use-overview.ts";
import { mayAdminister } from "#features/project/role.ts";
import { useProject } from "#features/project/use-project.ts";
import { BehaviourForm } from "#features/settings/behaviour-form.tsx";
import { DangerZone } from "#features/settings/danger-zone.tsx";
import { LimitsForm } from "#features/settings/limits-form.tsx";
import { RenameForm } from "#features/settings/rename-form.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";

export function SettingsClient({ projectRef }: { projectRef: string }) {
  const { data: project, error, refetch } = useProject(projectRef);
  const { data: view, feed } = useOverview(projectRef);
  const mayChange = mayAdminister(project?.role);
  const connections = view && view.answered.length > 0 ? view.totals.connections : null;

  return (
    <>
      <PageHeader
        title="Settings"
        description={
          mayChange
            ? "Changes apply at once, without disconnecting anybody."
            : "You may look; changing takes the role admin."
        }
      />
      <StatusLine feed={feed} survey={view} className="-mt-2 pb-4" />
      {project ? (
        <div className="flex flex-col gap-4">
          <RenameForm project={project} mayChange={mayChange} />
          <LimitsForm projectRef={projectRef} limits={project.limits} view={view} mayChange={mayChange} />
          <BehaviourForm projectRef={projectRef} settings={project.settings} mayChange={mayChange} />
          <DangerZone project={project} connections={connections} mayChange={mayChange} />
        </div>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}
