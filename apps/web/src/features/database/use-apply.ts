"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { describeChange } from "#lib/database-change.ts";
import type { DatabaseChange } from "#lib/schemas/database.ts";
import { useTRPC } from "#trpc/client.tsx";

/** Runs a change whose SQL its reader has before his eyes; `onDone` follows once it has run. */
export function useApply(ref: string, onDone: () => void) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const apply = useMutation(
    trpc.database.change.mutationOptions({
      onSuccess: (_, { change }) => {
        const did = describeChange(change);
        toast.success(`Done: ${did.charAt(0).toLowerCase()}${did.slice(1)}`);
        onDone();
      },
      onSettled: () =>
        Promise.all([
          client.invalidateQueries({ queryKey: trpc.policies.pathKey() }),
          client.invalidateQueries({ queryKey: trpc.database.pathKey() }),
        ]),
    }),
  );
  return {
    run: (change: DatabaseChange) => apply.mutate({ ref, change }),
    isPending: apply.isPending,
    error: apply.error,
  };
}
