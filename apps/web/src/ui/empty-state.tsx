import type { ReactNode } from "react";
import { cn } from "#ui/class-names.ts";
import { CodeBlock, type Language } from "#ui/code-block.tsx";

interface EmptyStateProps {
  /** What would stand here. */
  title: string;
  children?: ReactNode;
  /** The lines that make it appear. */
  code?: { text: string; language: Language; label: string };
  action?: ReactNode;
  className?: string;
}

/** An empty list that teaches: what would appear, the code that makes it appear, a button that does so. */
export function EmptyState({ title, children, code, action, className }: EmptyStateProps) {
  return (
    <div className={cn("mx-auto flex max-w-xl flex-col items-center px-4 py-12 text-center", className)}>
      <h3 className="font-medium text-base">{title}</h3>
      {children ? <div className="mt-1 text-muted text-sm">{children}</div> : null}
      {code ? (
        <div className="mt-4 w-full text-left">
          <CodeBlock text={code.text} language={code.language} label={code.label} />
        </div>
      ) : null}
      {action ? <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
