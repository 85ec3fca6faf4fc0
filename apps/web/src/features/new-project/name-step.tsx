"use client";
import Link from "next/link";
import { useEffect } from "react";
import { Controller, useFormContext } from "react-hook-form";
import type { CreateProject } from "#lib/schemas/project.ts";
import type { RegionView } from "#server/views/fleet.ts";
import { Field, Label } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { Pending } from "#ui/pending.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { RegionChoice } from "./region-choice.tsx";

interface NameStepProps {
  regions: readonly RegionView[] | undefined;
  error: unknown;
  onRetry: () => void;
}

export function NameStep({ regions, error, onRetry }: NameStepProps) {
  const { register, control, formState, getValues, setValue } = useFormContext<CreateProject>();
  const first = regions?.find((region) => region.actual > 0) ?? regions?.[0];
  useEffect(() => {
    if (first && getValues("region") === "") setValue("region", first.id);
  }, [first, getValues, setValue]);

  return (
    <>
      <Field
        label="Name"
        error={formState.errors.name?.message}
        hint="For people; clients use the reference that is made for it."
      >
        <Input autoFocus placeholder="Shop production" autoComplete="off" {...register("name")} />
      </Field>
      <div className="flex flex-col gap-1.5">
        <Label asChild>
          <span>Region</span>
        </Label>
        {regions ? (
          <Controller
            control={control}
            name="region"
            render={({ field }) => (
              <RegionChoice regions={regions} value={field.value} onValueChange={field.onChange} />
            )}
          />
        ) : (
          <Pending error={error} onRetry={onRetry}>
            <Skeleton className="h-15" />
          </Pending>
        )}
        {regions?.length === 0 ? (
          <p className="text-muted text-sm">
            There is no region yet.{" "}
            <Link href="/fleet" className="text-accent hover:underline">
              Add one in the fleet.
            </Link>
          </p>
        ) : null}
        {formState.errors.region ? (
          <p role="alert" className="text-bad text-xs">
            {formState.errors.region.message}
          </p>
        ) : null}
      </div>
    </>
  );
}
