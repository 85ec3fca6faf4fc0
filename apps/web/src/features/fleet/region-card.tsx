"use client";
import { useMutation } from "@tanstack/react-query";
import { regionHealth } from "#features/shell/region-health.ts";
import type { NodeView, RegionView } from "#server/views/fleet.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { describeRegion } from "./describe-region.ts";
import { DesiredStepper } from "./desired-stepper.tsx";
import type { Peaks } from "./drain-progress.ts";
import { NodeTable } from "./node-table.tsx";

interface RegionCardProps {
  region: RegionView;
  peaks: Peaks;
  atMs: number;
  managed: boolean;
  selected: string | undefined;
  onOpen: (node: NodeView) => void;
}

export function RegionCard({ region, peaks, atMs, managed, selected, onOpen }: RegionCardProps) {
  const trpc = useTRPC();
  const remove = useMutation(trpc.fleet.removeRegion.mutationOptions({ onError: toastProblem }));
  const { status, sentence } = regionHealth(region);
  const removable = region.nodes.length === 0 && region.desired === 0;
  return (
    <Card aria-label={region.name}>
      <CardHeader
        title={
          <span className="flex items-center gap-2">
            <StatusMark status={status} label={sentence} />
            {region.name} <span className="font-mono text-faint text-xs">{region.id}</span>
          </span>
        }
        description={describeRegion(region)}
        actions={
          <>
            {removable ? (
              <ConfirmDialog
                trigger={
                  <Button variant="ghost" size="sm">
                    Remove region
                  </Button>
                }
                title={`Remove ${region.name}?`}
                action="Remove region"
                onConfirm={() => remove.mutateAsync({ region: region.id })}
              >
                Only a region without projects and nodes can go.
              </ConfirmDialog>
            ) : null}
            <span className="text-muted text-xs">desired</span>
            <DesiredStepper region={region} disabled={!managed} />
          </>
        }
      />
      <div className="border-t">
        <NodeTable
          region={region.id}
          nodes={region.nodes}
          peaks={peaks}
          managed={managed}
          atMs={atMs}
          onOpen={onOpen}
          selected={selected}
        />
      </div>
    </Card>
  );
}
