"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/client.tsx";

/** Row security and policies of what is streamed. Read when somebody looks, not all the time: it asks the project's database. */
export function usePolicies(ref: string) {
  const trpc = useTRPC();
  return useQuery(trpc.policies.list.queryOptions({ ref }));
}
