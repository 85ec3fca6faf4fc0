"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/client.tsx";
import { toReadableProblem } from "#ui/problem-state.tsx";
import { StatusMark } from "#ui/status-mark.tsx";

/** Says on every page when the control plane itself is ill, because then nothing else on it can be believed to be new. */
export function ControlBanner() {
  const trpc = useTRPC();
  const { error } = useQuery(trpc.frame.regions.queryOptions());
  if (!error) return null;
  const { code, sentence, remedy } = toReadableProblem(error);
  if (code !== "ControlDatabaseDown" && code !== "DashboardUnreachable") return null;
  return (
    <div role="alert" className="flex items-start gap-2 border-bad/40 border-b bg-bad-soft px-4 py-2 text-sm">
      <StatusMark status="bad" label="" className="mt-1" />
      <p>
        {sentence} {remedy ? <span className="text-muted">{remedy}</span> : null}
      </p>
    </div>
  );
}
