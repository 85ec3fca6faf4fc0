"use client";
import { toast } from "sonner";
import { toReadableProblem } from "#ui/problem-state.tsx";

/** Says what a failed action means; use as `onError` of a mutation. */
export function toastProblem(error: unknown): void {
  const { code, sentence, remedy } = toReadableProblem(error);
  toast.error(`${code}: ${sentence}`, remedy ? { description: remedy } : {});
}
