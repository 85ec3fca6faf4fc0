"use client";
import { Check, Copy } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "#ui/class-names.ts";
import { useCopy } from "#ui/use-copy.ts";

interface CopyableProps {
  /** What lands on the clipboard. */
  text: string;
  /** What is shown; the text itself when left out. */
  children?: ReactNode;
  /** What is being copied, for the accessible name: "Copy project reference". */
  what: string;
  className?: string;
}

/** An id in mono that copies itself on a press. */
export function Copyable({ text, children, what, className }: CopyableProps) {
  const { copied, copy } = useCopy();
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        copy(text);
      }}
      aria-label={copied ? `Copied ${what}` : `Copy ${what}`}
      title={text}
      className={cn(
        "group/copy inline-flex min-w-0 max-w-full items-center gap-1 rounded-sm font-mono text-xs hover:text-accent",
        className,
      )}
    >
      <span className="truncate">{children ?? text}</span>
      <Icon
        aria-hidden
        className={cn(
          "size-3 shrink-0 opacity-0 transition-opacity group-hover/copy:opacity-100 group-focus-visible/copy:opacity-100",
          copied && "text-ok opacity-100",
        )}
      />
    </button>
  );
}
