"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { ProjectLimits } from "@tidewire/protocol/project";
import { useForm } from "react-hook-form";
import { formatCount, formatRate } from "#lib/format.ts";
import type { Overview } from "#server/views/overview.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { Meter } from "#ui/meter.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { currentUse, LIMIT_FIELDS, type LimitName, limitMessage } from "./limit-fields.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useSaved } from "./use-save.ts";

interface LimitsFormProps {
  projectRef: string;
  limits: ProjectLimits;
  view: Overview | undefined;
  mayChange: boolean;
}

export function LimitsForm({ projectRef, limits, view, mayChange }: LimitsFormProps) {
  const trpc = useTRPC();
  const saved = useSaved(projectRef);
  const { register, handleSubmit, formState, reset } = useForm({
    resolver: zodResolver(ProjectLimits),
    values: limits,
    resetOptions: { keepDirtyValues: true },
  });
  const update = useMutation(trpc.projects.updateLimits.mutationOptions({ onError: toastProblem }));
  const submit = handleSubmit(async (next) => {
    await update.mutateAsync({ ref: projectRef, limits: next });
    saved("Limits changed", () =>
      update.mutate({ ref: projectRef, limits }, { onSuccess: () => saved("Limits changed back") }),
    );
  });
  return (
    <SettingsCard
      title="Limits"
      description="Exact and instant: token buckets, not averages. The present use stands beside each."
      action="Save limits"
      mayChange={mayChange}
      isDirty={formState.isDirty}
      isSaving={update.isPending}
      onSave={submit}
      onReset={() => reset()}
    >
      {LIMIT_FIELDS.map(({ name, label, hint, max }) => (
        <div key={name}>
          <Field
            label={label}
            hint={hint}
            error={formState.errors[name] ? limitMessage(max) : undefined}
            aside={<Use name={name} view={view} />}
          >
            <Input
              type="number"
              inputMode="numeric"
              min={1}
              max={max}
              {...register(name, { valueAsNumber: true })}
            />
          </Field>
          <UseMeter name={name} label={label} limit={limits[name]} view={view} />
        </div>
      ))}
    </SettingsCard>
  );
}

function Use({ name, view }: { name: LimitName; view: Overview | undefined }) {
  const use = currentUse(name, view);
  if (use === undefined) return null;
  return <>now {Number.isInteger(use) ? formatCount(use) : formatRate(use)}</>;
}

function UseMeter({
  name,
  label,
  limit,
  view,
}: {
  name: LimitName;
  label: string;
  limit: number;
  view: Overview | undefined;
}) {
  const use = currentUse(name, view);
  return (
    <div className="mt-2 h-1">
      {use === undefined ? null : <Meter label={`${label} in use`} value={use} max={limit} />}
    </div>
  );
}
