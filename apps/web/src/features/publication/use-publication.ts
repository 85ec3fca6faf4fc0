"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/client.tsx";

/** Somebody may change the database by other means; a look costs it one short connection. */
const REFRESH_MS = 30_000;

export function usePublication(ref: string) {
  const trpc = useTRPC();
  return useQuery({ ...trpc.database.publication.queryOptions({ ref }), refetchInterval: REFRESH_MS });
}
