"use client";
import { toast } from "sonner";
import { useProjectsChanged } from "#features/project/use-projects-changed.ts";

/** After a change: the project is read again, and the reader may take it back. */
export function useSaved(ref: string): (message: string, undo?: () => void) => void {
  const changed = useProjectsChanged();
  return (message, undo) => {
    changed();
    toast.success(message, {
      description: "It applies at once; nobody is disconnected.",
      ...(undo ? { action: { label: "Undo", onClick: undo } } : {}),
      id: `saved ${ref} ${message}`,
    });
  };
}
