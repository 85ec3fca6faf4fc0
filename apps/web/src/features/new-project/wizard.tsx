"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { useProjectsChanged } from "#features/project/use-projects-changed.ts";
import { CreateProject } from "#lib/schemas/project.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { Created } from "./created.tsx";
import { DatabaseStep } from "./database-step.tsx";
import { NameStep } from "./name-step.tsx";
import { ReviewStep } from "./review-step.tsx";
import { StepList } from "./step-list.tsx";

type StepId = "name" | "database" | "review";
const STEPS: readonly { id: StepId; title: string }[] = [
  { id: "name", title: "Name and region" },
  { id: "database", title: "Database" },
  { id: "review", title: "Review" },
];

/** Three steps to a project, then the progress of its setup in their place. */
export function Wizard() {
  const trpc = useTRPC();
  const changed = useProjectsChanged();
  const [step, setStep] = useState<StepId>("name");
  const [checkedUrl, setCheckedUrl] = useState<string | null>(null);
  const fleet = useQuery(trpc.fleet.snapshot.queryOptions());
  const form = useForm<CreateProject>({
    resolver: zodResolver(CreateProject),
    defaultValues: { name: "", region: "", database: { kind: "managed" } },
  });
  const create = useMutation(
    trpc.projects.create.mutationOptions({
      onSettled: changed,
    }),
  );

  const next = async () => {
    if (step === "name" && (await form.trigger(["name", "region"]))) setStep("database");
    if (step === "database" && (await form.trigger("database")) && databaseIsFit()) setStep("review");
  };
  const databaseIsFit = () => {
    const database = form.getValues("database");
    if (database.kind === "managed" || database.url.trim() === checkedUrl) return true;
    form.setError("database.url", { message: "Check the database first; every check must pass." });
    return false;
  };
  const submit = () => {
    if (step !== "review") {
      void next();
      return;
    }
    void form.handleSubmit((values) => create.mutate(values))();
  };

  if (create.data) return <Created projectRef={create.data.ref} name={form.getValues("name")} />;
  const index = STEPS.findIndex(({ id }) => id === step);
  const previous = STEPS[index - 1];
  return (
    <FormProvider {...form}>
      <Card className="max-w-2xl">
        <StepList steps={STEPS} current={step} onReturn={setStep} />
        <form
          aria-label="New project"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div className="flex flex-col gap-4 p-5">
            {step === "name" ? (
              <NameStep
                regions={fleet.data?.regions}
                error={fleet.error}
                onRetry={() => void fleet.refetch()}
              />
            ) : null}
            {step === "database" ? <DatabaseStep onChecked={setCheckedUrl} /> : null}
            {step === "review" ? <ReviewStep regions={fleet.data?.regions ?? []} /> : null}
            {create.error && step === "review" ? <ProblemState error={create.error} /> : null}
          </div>
          <footer className="flex justify-end gap-2 border-t px-5 py-3">
            {previous ? (
              <Button variant="ghost" onClick={() => setStep(previous.id)}>
                Back
              </Button>
            ) : null}
            <Button type="submit" variant="primary" busy={create.isPending}>
              {step === "review" ? "Create project" : "Continue"}
            </Button>
          </footer>
        </form>
      </Card>
    </FormProvider>
  );
}
