"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/client.tsx";

/** Address, keys, limits and state of one project; looked up again often while it is being made or removed. */
export function useProject(ref: string) {
  const trpc = useTRPC();
  return useQuery({
    ...trpc.projects.byRef.queryOptions({ ref }),
    refetchInterval: (query) => (query.state.data?.state === "ready" ? 30_000 : 2_000),
  });
}
