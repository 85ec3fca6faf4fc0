"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { useProjectsChanged } from "#features/project/use-projects-changed.ts";
import { formatCount } from "#lib/format.ts";
import type { ProjectDetail } from "#server/views/project.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { toastProblem } from "#ui/toast-problem.ts";

interface DangerZoneProps {
  project: ProjectDetail;
  /** Null while nobody knows. */
  connections: number | null;
  mayChange: boolean;
}

export function DangerZone({ project, connections, mayChange }: DangerZoneProps) {
  const trpc = useTRPC();
  const changed = useProjectsChanged();
  const router = useRouter();
  const remove = useMutation(
    trpc.projects.delete.mutationOptions({
      onSuccess: () => {
        toast.success(`${project.name} is deleted`);
        router.push("/projects");
        changed();
      },
      onError: toastProblem,
    }),
  );
  return (
    <Card aria-label="Danger zone" className="border-bad/40">
      <CardHeader title="Danger zone" />
      <CardBody className="flex flex-wrap items-center justify-between gap-4">
        <p className="max-w-xl text-muted text-sm">
          Deleting ends every connection, drops the replication slot
          {project.database.kind === "managed"
            ? " and the managed database with all its rows"
            : "; your database and its rows stay"}
          .
        </p>
        <ConfirmDialog
          trigger={
            <Button variant="danger" disabled={!mayChange}>
              Delete project
            </Button>
          }
          title={`Delete ${project.name}?`}
          action="Delete project"
          typeToConfirm={project.name}
          onConfirm={() => remove.mutateAsync({ ref: project.ref, name: project.name })}
        >
          <p>
            {connections === null
              ? "How many clients are connected is not known now; all of them are cut off."
              : `${formatCount(connections)} ${connections === 1 ? "client is" : "clients are"} connected and will be cut off.`}{" "}
            {project.database.kind === "managed" ? "The database is dropped. " : ""}This cannot be undone.
          </p>
        </ConfirmDialog>
      </CardBody>
    </Card>
  );
}
