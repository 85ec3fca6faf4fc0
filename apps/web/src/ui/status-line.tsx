"use client";
import type { ReactNode } from "react";
import { cn } from "#ui/class-names.ts";
import { describeCoverage, type Feed, type Survey } from "#ui/coverage.ts";
import { StatusMark } from "#ui/status-mark.tsx";
import { useNow } from "#ui/use-now.ts";

interface StatusLineProps {
  feed: Feed;
  survey: Survey | undefined;
  children?: ReactNode;
  className?: string;
}

/** One line of truth about the data on screen; announced when it turns bad, not on every tick. */
export function StatusLine({ feed, survey, children, className }: StatusLineProps) {
  const nowMs = useNow() ?? survey?.askedAtMs ?? 0;
  const { status, sentence } = describeCoverage(feed, survey, nowMs);
  return (
    <div className={cn("flex min-h-5 flex-wrap items-center gap-x-2 gap-y-1 text-muted text-xs", className)}>
      <StatusMark status={status} label="" />
      <span
        role="status"
        aria-live={status === "bad" ? "polite" : "off"}
        aria-label="Data on screen"
        className={cn(status === "bad" && "text-bad", status === "warn" && "text-warn")}
      >
        {sentence}
      </span>
      {children}
    </div>
  );
}
