"use client";
import { useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "#trpc/client.tsx";

/** After a change: the project is read again, and the reader may take it back. */
export function useSaved(ref: string): (message: string, undo?: () => void) => void {
  const trpc = useTRPC();
  const client = useQueryClient();
  return (message, undo) => {
    void client.invalidateQueries({ queryKey: trpc.projects.pathKey() });
    toast.success(message, {
      description: "It applies at once; nobody is disconnected.",
      ...(undo ? { action: { label: "Undo", onClick: undo } } : {}),
      id: `saved ${ref} ${message}`,
    });
  };
}
