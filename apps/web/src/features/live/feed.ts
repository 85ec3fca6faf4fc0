import type { Feed } from "#ui/coverage.ts";

interface SubscriptionState {
  status: "idle" | "connecting" | "pending" | "error";
  error: unknown;
}

/** A subscription's state as the status line tells it; tRPC calls an open stream "pending". */
export function toFeed({ status, error }: SubscriptionState, paused: boolean): Feed {
  if (paused) return { kind: "paused" };
  if (status === "pending") return { kind: "live" };
  if (error) return { kind: "lost", reason: error instanceof Error ? error.message : "no answer" };
  return { kind: "connecting" };
}
