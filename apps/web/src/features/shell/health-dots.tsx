"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "#trpc/client.tsx";
import { toReadableProblem } from "#ui/problem-state.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { Tooltip } from "#ui/tooltip.tsx";
import { regionHealth } from "./region-health.ts";

const REFRESH_MS = 5_000;

/** Every region as one mark; leads to the fleet. */
export function HealthDots() {
  const trpc = useTRPC();
  const { data, error } = useQuery({
    ...trpc.frame.regions.queryOptions(),
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS,
  });
  if (error) {
    const { sentence } = toReadableProblem(error);
    return (
      <Tooltip content={sentence} side="bottom">
        <Link href="/fleet" className="flex items-center gap-1.5 rounded-sm text-bad text-xs">
          <StatusMark status="bad" label="Fleet state unknown" />
          <span className="hidden sm:inline">fleet unknown</span>
        </Link>
      </Tooltip>
    );
  }
  return (
    <ul aria-label="Regions" className="flex items-center gap-3">
      {(data ?? []).map((region) => {
        const { status, sentence } = regionHealth(region);
        return (
          <li key={region.id}>
            <Tooltip content={sentence} side="bottom">
              <Link
                href="/fleet"
                aria-label={sentence}
                className="flex items-center gap-1.5 rounded-sm font-mono text-muted text-xs hover:text-ink"
              >
                <StatusMark status={status} label="" />
                <span className="hidden sm:inline">{region.id}</span>
              </Link>
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}
