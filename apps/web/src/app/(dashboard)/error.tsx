"use client";
import { ErrorState } from "#ui/error-state.tsx";

export default function DashboardError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <ErrorState
      code={error.digest ? `Unexpected ${error.digest}` : "Unexpected"}
      sentence="This page broke while it was drawn. Realtime nodes are not affected."
      remedy="Try again; if it breaks again, the dashboard server's log has the details under this code."
      onRetry={reset}
    />
  );
}
