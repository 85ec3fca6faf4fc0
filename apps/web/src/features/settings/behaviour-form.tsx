"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { ProjectSettings } from "@tidewire/protocol/project";
import { type Control, Controller, useForm } from "react-hook-form";
import type { z } from "zod";
import { useTRPC } from "#trpc/client.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { Select } from "#ui/select.tsx";
import { Switch } from "#ui/switch.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { limitMessage } from "./limit-fields.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useSaved } from "./use-save.ts";

const DELETES = [
  { value: "compatible", label: "As Supabase does", hint: "primary key to every subscriber" },
  { value: "authorized", label: "Only who may see the row" },
  { value: "none", label: "Send none" },
];

interface BehaviourFormProps {
  projectRef: string;
  settings: ProjectSettings;
  mayChange: boolean;
}

export function BehaviourForm({ projectRef, settings, mayChange }: BehaviourFormProps) {
  const trpc = useTRPC();
  const saved = useSaved(projectRef);
  const { control, register, handleSubmit, formState, reset } = useForm({
    resolver: zodResolver(ProjectSettings),
    values: settings,
    resetOptions: { keepDirtyValues: true },
  });
  const update = useMutation(trpc.projects.updateSettings.mutationOptions({ onError: toastProblem }));
  const submit = handleSubmit(async (next) => {
    await update.mutateAsync({ ref: projectRef, settings: next });
    saved("Settings changed", () =>
      update.mutate({ ref: projectRef, settings }, { onSuccess: () => saved("Settings changed back") }),
    );
  });
  const number = (
    name: "historyWindowMs" | "historyMessagesMax" | "slotRetainedBytesMax",
    label: string,
    hint: string,
  ) => (
    <Field label={label} hint={hint} error={formState.errors[name] ? limitMessage(undefined) : undefined}>
      <Input type="number" inputMode="numeric" min={1} {...register(name, { valueAsNumber: true })} />
    </Field>
  );
  return (
    <SettingsCard
      title="Behaviour"
      action="Save settings"
      mayChange={mayChange}
      isDirty={formState.isDirty}
      isSaving={update.isPending}
      onSave={submit}
      onReset={() => reset()}
    >
      <Toggle
        control={control}
        name="privateOnly"
        label="Private channels only"
        hint="Public joins are refused: PrivateOnly"
      />
      <Toggle
        control={control}
        name="presenceEnabled"
        label="Presence on every channel"
        hint="Also where the client did not ask for it"
      />
      <Toggle control={control} name="suspended" label="Suspended" hint="Nobody can connect; data is kept" />
      <Controller
        control={control}
        name="deletes"
        render={({ field }) => (
          <Field label="Deleted rows" hint="A row that is gone cannot be checked against policies any more">
            <Select
              value={field.value}
              onValueChange={field.onChange}
              options={DELETES}
              disabled={!mayChange}
            />
          </Field>
        )}
      />
      {number(
        "historyWindowMs",
        "History window, ms",
        "How long messages are kept for clients that come back",
      )}
      {number("historyMessagesMax", "History, messages", "Per topic, at most")}
      {number(
        "slotRetainedBytesMax",
        "Slot guard, bytes",
        "Retained WAL at which the slot is given up, with the gap announced",
      )}
    </SettingsCard>
  );
}

interface ToggleProps {
  control: Control<z.input<typeof ProjectSettings>, unknown, ProjectSettings>;
  name: "privateOnly" | "presenceEnabled" | "suspended";
  label: string;
  hint: string;
}

function Toggle({ control, name, label, hint }: ToggleProps) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field }) => (
        <Field label={label} hint={hint}>
          <Switch checked={field.value} onCheckedChange={field.onChange} />
        </Field>
      )}
    />
  );
}
