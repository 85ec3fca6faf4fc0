"use client";
import { useMutation } from "@tanstack/react-query";
import { RadioGroup } from "radix-ui";
import { useFormContext, useWatch } from "react-hook-form";
import type { CreateProject } from "#lib/schemas/project.ts";
import { DatabaseUrl } from "#lib/schemas/project.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { DatabaseReport } from "./database-report.tsx";

interface DatabaseStepProps {
  /** The URL that has passed all checks, if any. */
  onChecked: (url: string | null) => void;
}

export function DatabaseStep({ onChecked }: DatabaseStepProps) {
  const { control, setValue } = useFormContext<CreateProject>();
  const database = useWatch({ control, name: "database" });
  return (
    <div className="flex flex-col gap-4">
      <RadioGroup.Root
        aria-label="Database"
        value={database.kind}
        onValueChange={(kind) =>
          setValue("database", kind === "own" ? { kind: "own", url: "" } : { kind: "managed" })
        }
        className="grid gap-2 sm:grid-cols-2"
      >
        <Kind value="managed" title="Managed" text="A new database, made and removed with the project." />
        <Kind
          value="own"
          title="Your own"
          text="A Postgres 15 or newer that you run; its changes are streamed."
        />
      </RadioGroup.Root>
      {database.kind === "own" ? <OwnDatabase url={database.url} onChecked={onChecked} /> : null}
    </div>
  );
}

function Kind({ value, title, text }: { value: string; title: string; text: string }) {
  return (
    <RadioGroup.Item
      value={value}
      aria-label={title}
      className="rounded-md border border-line-strong/60 px-3 py-2.5 text-left hover:bg-raised/60 data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
    >
      <span className="block font-medium text-sm">{title}</span>
      <span className="block text-muted text-sm">{text}</span>
    </RadioGroup.Item>
  );
}

function OwnDatabase({ url, onChecked }: { url: string; onChecked: (url: string | null) => void }) {
  const trpc = useTRPC();
  const { register, trigger, formState, getFieldState } = useFormContext<CreateProject>();
  const check = useMutation(
    trpc.projects.checkDatabase.mutationOptions({
      onSuccess: (report, input) => onChecked(report.ok ? input.url : null),
      onError: () => onChecked(null),
    }),
  );
  const error = getFieldState("database.url", formState).error?.message;
  const run = async () => {
    if (!(await trigger("database"))) return;
    const parsed = DatabaseUrl.safeParse(url);
    if (parsed.success) check.mutate({ url: parsed.data });
  };
  const isCurrent = check.variables?.url === url.trim();

  return (
    <>
      <div className="flex flex-col gap-2 sm:flex-row sm:items-start">
        <Field
          label="Connection URL"
          error={error}
          hint="A role that may create roles, schemas and publications. Kept encrypted."
          className="flex-1"
        >
          <Input
            placeholder="postgresql://user:password@host:5432/database"
            spellCheck={false}
            autoComplete="off"
            className="font-mono text-xs"
            {...register("database.url", { onChange: () => onChecked(null) })}
          />
        </Field>
        <Button onClick={() => void run()} busy={check.isPending} className="sm:mt-6.5">
          Check database
        </Button>
      </div>
      {check.error ? <ProblemState error={check.error} onRetry={() => void run()} /> : null}
      {check.data && isCurrent ? <DatabaseReport report={check.data} /> : null}
    </>
  );
}
