import type { ReactNode } from "react";
import { Button } from "#ui/button.tsx";
import { cn } from "#ui/class-names.ts";
import { StatusMark } from "#ui/status-mark.tsx";

interface ErrorStateProps {
  code?: string | undefined;
  /** One sentence: what failed. */
  sentence: string;
  /** What to do about it. */
  remedy?: ReactNode;
  onRetry?: (() => void) | undefined;
  className?: string;
}

export function ErrorState({ code, sentence, remedy, onRetry, className }: ErrorStateProps) {
  return (
    <div
      role="alert"
      className={cn("flex items-start gap-3 rounded-lg border border-bad/40 bg-bad-soft p-4", className)}
    >
      <StatusMark status="bad" className="mt-1" />
      <div className="min-w-0 flex-1">
        <p className="text-sm">
          {code ? <span className="mr-2 font-mono text-bad text-xs">{code}</span> : null}
          {sentence}
        </p>
        {remedy ? <div className="mt-0.5 text-muted text-sm">{remedy}</div> : null}
      </div>
      {onRetry ? (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
