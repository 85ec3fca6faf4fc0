"use client";
import { TRPCClientError } from "@trpc/client";
import { ErrorState } from "#ui/error-state.tsx";

export interface ReadableProblem {
  code: string;
  sentence: string;
  remedy: string | null;
}

/** What went wrong in words of the server's table; a request that never arrived has words of its own. */
export function toReadableProblem(error: unknown): ReadableProblem {
  if (!(error instanceof TRPCClientError))
    return { code: "Unexpected", sentence: String(error), remedy: null };
  const data: unknown = error.data;
  if (typeof data !== "object" || data === null) {
    return {
      code: "DashboardUnreachable",
      sentence: "The dashboard server does not answer.",
      remedy: "Realtime nodes keep serving meanwhile. Check that the dashboard process runs.",
    };
  }
  const problem = "problem" in data ? data.problem : null;
  if (isProblem(problem)) return { code: problem.code, sentence: error.message, remedy: problem.remedy };
  const code = "code" in data && typeof data.code === "string" ? data.code : "Unexpected";
  return { code, sentence: error.message, remedy: null };
}

function isProblem(value: unknown): value is { code: string; remedy: string | null } {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    "remedy" in value
  );
}

interface ProblemStateProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** An {@link ErrorState} for whatever a procedure threw. */
export function ProblemState({ error, onRetry, className }: ProblemStateProps) {
  const { code, sentence, remedy } = toReadableProblem(error);
  return (
    <ErrorState
      code={code}
      sentence={sentence}
      remedy={remedy}
      onRetry={onRetry}
      {...(className ? { className } : {})}
    />
  );
}
