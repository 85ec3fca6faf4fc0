import type { ComponentProps } from "react";
import { cn } from "#ui/class-names.ts";

/** A press-in filter: part of a set of which any number may be on. */
export function Chip({ pressed, className, ...props }: ComponentProps<"button"> & { pressed: boolean }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      className={cn(
        "inline-flex h-6 items-center gap-1 rounded-full border px-2 text-xs transition-colors",
        pressed
          ? "border-accent/60 bg-accent-soft text-accent"
          : "border-line text-muted hover:border-line-strong hover:text-ink",
        className,
      )}
      {...props}
    />
  );
}
