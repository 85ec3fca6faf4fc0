"use client";
import { useMutation } from "@tanstack/react-query";
import { Minus, Plus } from "lucide-react";
import { NODES_PER_REGION_MAX } from "#lib/schemas/fleet.ts";
import type { RegionView } from "#server/views/fleet.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { toastProblem } from "#ui/toast-problem.ts";

/** How many nodes a region shall have; the reconciler does the rest. */
export function DesiredStepper({ region, disabled }: { region: RegionView; disabled: boolean }) {
  const trpc = useTRPC();
  const set = useMutation(trpc.fleet.setDesired.mutationOptions({ onError: toastProblem }));
  const desired = set.isPending ? set.variables.desired : region.desired;
  const step = (by: number) => set.mutate({ region: region.id, desired: desired + by });
  return (
    <fieldset
      aria-label={`Desired nodes in ${region.name}`}
      className="inline-flex items-center rounded-md border"
      disabled={disabled}
    >
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={`One node less in ${region.name}`}
        disabled={disabled || desired <= 0}
        onClick={() => step(-1)}
      >
        <Minus className="size-3.5" aria-hidden />
      </Button>
      <output aria-label={`Desired nodes in ${region.name}`} className="w-7 text-center text-sm">
        {desired}
      </output>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={`One node more in ${region.name}`}
        disabled={disabled || desired >= NODES_PER_REGION_MAX}
        onClick={() => step(1)}
      >
        <Plus className="size-3.5" aria-hidden />
      </Button>
    </fieldset>
  );
}
