"use client";
import type { PublicationColumn } from "#server/views/database.ts";
import { cn } from "#ui/class-names.ts";

interface ColumnChoiceProps {
  columns: readonly PublicationColumn[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

/** Which columns are streamed. Those that identify a row stay: without them Postgres refuses updates. */
export function ColumnChoice({ columns, chosen, onChange }: ColumnChoiceProps) {
  const toggle = (name: string) =>
    onChange(columns.map((column) => column.name).filter((one) => (one === name) !== chosen.includes(one)));
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium text-sm">Columns</legend>
      <ul className="divide-y rounded-md border">
        {columns.map(({ name, type, isIdentity }) => {
          const isChosen = chosen.includes(name);
          const isKept = isIdentity && isChosen;
          return (
            <li key={name}>
              <label
                className={cn(
                  "flex items-center gap-2.5 px-2.5 py-1.5 text-sm",
                  !isKept && "hover:bg-raised/60",
                )}
              >
                <input
                  type="checkbox"
                  checked={isChosen}
                  disabled={isKept}
                  onChange={() => toggle(name)}
                  className="size-3.5 accent-(--accent)"
                />
                <span className="min-w-0 truncate font-mono text-xs">{name}</span>
                <span className="ml-auto shrink-0 text-faint text-xs">
                  {isIdentity ? "identifies a row · " : ""}
                  {type}
                </span>
              </label>
            </li>
          );
        })}
      </ul>
    </fieldset>
  );
}
