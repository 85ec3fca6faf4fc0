import type { ReactNode } from "react";
import { cn } from "#ui/class-names.ts";

interface DefinitionListProps {
  items: readonly { term: string; value: ReactNode }[];
  className?: string;
}

/** Terms and their values in two columns. */
export function DefinitionList({ items, className }: DefinitionListProps) {
  return (
    <dl
      className={cn("grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm", className)}
    >
      {items.map((item) => (
        <div key={item.term} className="contents">
          <dt className="text-faint">{item.term}</dt>
          <dd className="min-w-0 break-words">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
