"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import type { z } from "zod";
import { AddRegion as Schema } from "#lib/schemas/fleet.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { ProblemState } from "#ui/problem-state.tsx";

type Region = z.infer<typeof Schema>;

export function AddRegion() {
  const trpc = useTRPC();
  const [open, setOpen] = useState(false);
  const { register, handleSubmit, formState, reset } = useForm<Region>({
    resolver: zodResolver(Schema),
    defaultValues: { id: "", name: "" },
  });
  const add = useMutation(
    trpc.fleet.addRegion.mutationOptions({
      onSuccess: () => {
        setOpen(false);
        reset();
      },
    }),
  );
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button>
          <Plus className="size-3.5" aria-hidden /> Add region
        </Button>
      }
      title="Add a region"
      description="It starts empty; raise its desired number to get nodes."
    >
      <form
        aria-label="Add a region"
        noValidate
        onSubmit={(event) => void handleSubmit((region) => add.mutate(region))(event)}
        className="flex flex-col gap-4"
      >
        <Field
          label="Id"
          error={formState.errors.id?.message}
          hint="Stands in node names and run.json, e.g. eu-1"
        >
          <Input spellCheck={false} className="font-mono text-xs" {...register("id")} />
        </Field>
        <Field label="Name" error={formState.errors.name?.message}>
          <Input placeholder="Frankfurt" {...register("name")} />
        </Field>
        {add.error ? <ProblemState error={add.error} /> : null}
        <Button type="submit" variant="primary" busy={add.isPending} className="self-end">
          Add region
        </Button>
      </form>
    </Dialog>
  );
}
