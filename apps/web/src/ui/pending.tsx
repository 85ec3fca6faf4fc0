import type { ReactNode } from "react";
import { Card } from "#ui/card.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";

interface PendingProps {
  error: unknown;
  onRetry: () => void;
  /** The outline of what will come. */
  children?: ReactNode;
}

/** Stands where data will be: its outline while it is on its way, or why it does not come. */
export function Pending({ error, onRetry, children }: PendingProps) {
  if (error) return <ProblemState error={error} onRetry={onRetry} />;
  return (
    children ?? (
      <Card>
        <SkeletonRows />
      </Card>
    )
  );
}
