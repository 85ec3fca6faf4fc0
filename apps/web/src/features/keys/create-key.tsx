"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Controller, useForm } from "react-hook-form";
import type { z } from "zod";
import { CreateKey as Schema } from "#lib/schemas/key.ts";
import type { CreatedKey } from "#server/views/key.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { Select } from "#ui/select.tsx";

const NewKey = Schema.pick({ kind: true, name: true });
type NewKey = z.infer<typeof NewKey>;

const KINDS = [
  { value: "publishable", label: "Publishable", hint: "for browsers" },
  { value: "secret", label: "Secret", hint: "for servers" },
];

interface CreateKeyProps {
  projectRef: string;
  onMade: (key: CreatedKey) => void;
}

export function CreateKey({ projectRef, onMade }: CreateKeyProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const { register, control, handleSubmit, formState, reset } = useForm<NewKey>({
    resolver: zodResolver(NewKey),
    defaultValues: { kind: "publishable", name: "" },
  });
  const create = useMutation(
    trpc.keys.create.mutationOptions({
      onSuccess: (key) => {
        setOpen(false);
        reset();
        onMade(key);
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.keys.list.queryKey({ ref: projectRef }) }),
    }),
  );
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="primary">
          <Plus className="size-3.5" aria-hidden /> Create key
        </Button>
      }
      title="Create a key"
      description="A publishable key obeys the policies. A secret key passes all of them: keep it on servers."
    >
      <form
        aria-label="Create a key"
        noValidate
        onSubmit={(event) => void handleSubmit((key) => create.mutate({ ref: projectRef, ...key }))(event)}
        className="flex flex-col gap-4"
      >
        <Field label="Name" error={formState.errors.name?.message} hint="Where it is used, e.g. web shop">
          <Input autoComplete="off" {...register("name")} />
        </Field>
        <Controller
          control={control}
          name="kind"
          render={({ field }) => (
            <Field label="Kind">
              <Select value={field.value} onValueChange={field.onChange} options={KINDS} />
            </Field>
          )}
        />
        {create.error ? <ProblemState error={create.error} /> : null}
        <Button type="submit" variant="primary" busy={create.isPending} className="self-end">
          Create key
        </Button>
      </form>
    </Dialog>
  );
}
