"use client";
import type { ComponentProps } from "react";
import { cn } from "#ui/class-names.ts";
import { useHydrated } from "#ui/use-hydrated.ts";

const control =
  "w-full rounded-md border border-line-strong bg-field px-2.5 text-sm text-ink placeholder:text-faint transition-colors hover:border-muted focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-50 aria-invalid:border-bad";

export function Input({ className, readOnly, ...props }: ComponentProps<"input">) {
  const hydrated = useHydrated();
  return <input className={cn(control, "h-8", className)} readOnly={readOnly ?? !hydrated} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea className={cn(control, "min-h-24 py-2 font-mono text-xs leading-5", className)} {...props} />
  );
}
