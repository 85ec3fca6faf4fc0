"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { RenameProject } from "#lib/schemas/project.ts";
import type { ProjectDetail } from "#server/views/project.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { useSaved } from "./use-save.ts";

const Name = RenameProject.pick({ name: true });

interface RenameFormProps {
  project: ProjectDetail;
  mayChange: boolean;
}

export function RenameForm({ project, mayChange }: RenameFormProps) {
  const trpc = useTRPC();
  const saved = useSaved(project.ref);
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(Name),
    values: { name: project.name },
  });
  const rename = useMutation(
    trpc.projects.rename.mutationOptions({
      onSuccess: () => saved("Project renamed"),
      onError: toastProblem,
    }),
  );
  const { kind, host, name } = project.database;
  return (
    <Card aria-label="Project">
      <CardHeader title="Project" />
      <CardBody className="grid gap-6 lg:grid-cols-2">
        <form
          aria-label="Rename project"
          noValidate
          onSubmit={(event) =>
            void handleSubmit((values) => rename.mutate({ ref: project.ref, ...values }))(event)
          }
          className="flex items-start gap-2"
        >
          <Field label="Name" error={formState.errors.name?.message} className="flex-1">
            <Input disabled={!mayChange} {...register("name")} />
          </Field>
          <Button
            type="submit"
            className="mt-6.5"
            busy={rename.isPending}
            disabled={!formState.isDirty || !mayChange}
          >
            Rename
          </Button>
        </form>
        <DefinitionList
          items={[
            { term: "Reference", value: <Copyable text={project.ref} what="project reference" /> },
            { term: "Region", value: <span className="font-mono text-xs">{project.region}</span> },
            {
              term: "Database",
              value: (
                <>
                  {kind === "managed" ? "managed" : "your own"},{" "}
                  <span className="font-mono text-xs">{name}</span> on{" "}
                  <span className="font-mono text-xs">{host}</span>
                </>
              ),
            },
          ]}
        />
      </CardBody>
    </Card>
  );
}
