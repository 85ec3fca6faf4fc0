"use client";
import { useMutation } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { formatMs } from "#lib/format.ts";
import type { Provisioning, ProvisioningStep } from "#server/views/project.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { cn } from "#ui/class-names.ts";
import { ErrorState } from "#ui/error-state.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";
import { type Status, StatusMark } from "#ui/status-mark.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { useNow } from "#ui/use-now.ts";

interface ProgressProps {
  projectRef: string;
  onProgress?: (provisioning: Provisioning) => void;
}

/** The real steps of a project's setup with their times; a failed one says why and can be retried. */
export function Progress({ projectRef, onProgress }: ProgressProps) {
  const trpc = useTRPC();
  // Kept here: the stream ends with the last step, and a subscription that has ended forgets its data.
  const [provisioning, setProvisioning] = useState<Provisioning>();
  const live = useSubscription(
    trpc.projects.provisioning.subscriptionOptions(
      { ref: projectRef },
      {
        onData: (news) => {
          setProvisioning(news);
          onProgress?.(news);
        },
      },
    ),
  );
  const retry = useMutation(
    trpc.projects.retryStep.mutationOptions({ onError: toastProblem, onSuccess: () => live.reset() }),
  );
  if (provisioning) {
    return (
      <Steps
        provisioning={provisioning}
        retrying={retry.isPending}
        onRetry={() => retry.mutate({ ref: projectRef })}
      />
    );
  }
  return live.error ? <ProblemState error={live.error} onRetry={live.reset} /> : <SkeletonRows rows={6} />;
}

interface StepsProps {
  provisioning: Provisioning;
  retrying: boolean;
  onRetry: () => void;
}

function Steps({ provisioning, retrying, onRetry }: StepsProps) {
  return (
    <ol aria-label="Setup steps" className="flex flex-col">
      {provisioning.steps.map((step) => (
        <Step key={step.id} step={step} retrying={retrying} onRetry={onRetry} />
      ))}
    </ol>
  );
}

const MARK: Record<ProvisioningStep["state"], Status> = {
  waiting: "idle",
  running: "busy",
  done: "ok",
  failed: "bad",
};

function Step({
  step,
  retrying,
  onRetry,
}: {
  step: ProvisioningStep;
  retrying: boolean;
  onRetry: () => void;
}) {
  const nowMs = useNow();
  const running =
    step.state === "running" && step.startedAtMs !== null && nowMs !== null ? nowMs - step.startedAtMs : null;
  const ms = step.ms ?? (running === null ? null : Math.max(0, running));
  return (
    <li
      className="border-b px-4 py-2.5 last:border-b-0"
      aria-current={step.state === "running" ? "step" : undefined}
    >
      <div className="flex items-center gap-2.5 text-sm">
        <StatusMark status={MARK[step.state]} label={step.state} />
        <span className={cn(step.state === "waiting" && "text-faint")}>{step.title}</span>
        {step.note && step.state === "running" ? (
          <span className="truncate text-faint text-xs">{step.note}</span>
        ) : null}
        <span className="ml-auto font-mono text-faint text-xs">{ms === null ? "" : formatMs(ms)}</span>
      </div>
      {step.error ? (
        <div className="mt-2 flex flex-col items-start gap-2 pl-5.5">
          <ErrorState sentence={step.error.message} remedy={step.error.remedy} className="w-full" />
          <Button size="sm" onClick={onRetry} busy={retrying}>
            Retry this step
          </Button>
        </div>
      ) : null}
    </li>
  );
}
