"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTRPC } from "#trpc/client.tsx";

/** To be called after a project was made, changed or deleted: everything that shows projects is read again. */
export function useProjectsChanged(): () => void {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: trpc.projects.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.frame.projects.queryKey() });
  }, [client, trpc]);
}
