"use client";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { plural } from "#lib/format.ts";
import { cn } from "#ui/class-names.ts";
import { ScrollRegion } from "#ui/scroll-region.tsx";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface JsonTreeProps {
  /** JSON text; text that is not JSON is shown as it is. */
  text: string;
  label: string;
  className?: string;
}

/** Children shown of one array or object before the reader asks for the rest. */
const CHILDREN_MAX = 100;
const OPEN_DEPTH = 3;

export function JsonTree({ text, label, className }: JsonTreeProps) {
  const parsed = parse(text);
  return (
    <ScrollRegion
      label={label}
      className={cn("overflow-auto rounded-md border bg-inset p-3 font-mono text-xs leading-5", className)}
    >
      {parsed.ok ? (
        <Node value={parsed.value} depth={0} />
      ) : (
        <pre className="whitespace-pre-wrap break-all">{text}</pre>
      )}
    </ScrollRegion>
  );
}

function parse(text: string): { ok: true; value: Json } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch {
    return { ok: false };
  }
}

function Node({ name, value, depth }: { name?: string; value: Json; depth: number }) {
  const label = name === undefined ? null : <span className="text-ink">{name}: </span>;
  if (value === null || typeof value !== "object") {
    return (
      <div className="break-all pl-4">
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const entries: [string, Json][] = Array.isArray(value)
    ? value.map((item, index) => [String(index), item])
    : Object.entries(value);
  const brackets = Array.isArray(value) ? "[]" : "{}";
  if (entries.length === 0) {
    return (
      <div className="pl-4">
        {label}
        <span className="text-faint">{brackets}</span>
      </div>
    );
  }
  return <Branch label={label} brackets={brackets} entries={entries} depth={depth} />;
}

interface BranchProps {
  label: React.ReactNode;
  brackets: string;
  entries: [string, Json][];
  depth: number;
}

function Branch({ label, brackets, entries, depth }: BranchProps) {
  const [shown, setShown] = useState(CHILDREN_MAX);
  return (
    <details open={depth < OPEN_DEPTH} className="group/node">
      <summary className="flex list-none items-center gap-0.5 rounded-sm [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-3.5 shrink-0 text-faint transition-transform [details[open]>summary>&]:rotate-90"
          aria-hidden
        />
        <span>
          {label}
          <span className="text-faint">
            {brackets[0]} {plural(entries.length, brackets === "[]" ? "item" : "key")} {brackets[1]}
          </span>
        </span>
      </summary>
      <div className="ml-1.5 border-l pl-1.5">
        {entries.slice(0, shown).map(([key, child]) => (
          <Node key={key} name={key} value={child} depth={depth + 1} />
        ))}
        {entries.length > shown ? (
          <button
            type="button"
            className="pl-4 text-accent hover:underline"
            onClick={() => setShown(shown + CHILDREN_MAX)}
          >
            {`${entries.length - shown} more`}
          </button>
        ) : null}
      </div>
    </details>
  );
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  if (typeof value === "string") return <span className="text-ok">{JSON.stringify(value)}</span>;
  if (typeof value === "number") return <span className="text-warn">{String(value)}</span>;
  return <span className="text-accent">{String(value)}</span>;
}
