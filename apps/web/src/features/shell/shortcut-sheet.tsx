"use client";
import { Dialog } from "#ui/dialog.tsx";
import { Kbd } from "#ui/kbd.tsx";
import { ORGANISATION_ITEMS, projectItems } from "./nav-items.ts";

const ANYWHERE: readonly [keys: string[], does: string][] = [
  [["Ctrl", "K"], "Search and commands"],
  [["?"], "This sheet"],
  [["/"], "Search or filter on this page"],
  [["."], "Pause or resume live data"],
];

interface ShortcutSheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function ShortcutSheet({ open, onOpenChange }: ShortcutSheetProps) {
  const pages = [...projectItems(""), ...ORGANISATION_ITEMS].map(({ key, label }): [string[], string] => [
    ["g", key],
    label,
  ]);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <div className="grid gap-6 sm:grid-cols-2">
        <List title="Anywhere" entries={ANYWHERE} />
        <List title="Go to" entries={pages} />
      </div>
    </Dialog>
  );
}

function List({ title, entries }: { title: string; entries: readonly [string[], string][] }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-faint text-xs">{title}</h3>
      <ul className="flex flex-col gap-1.5">
        {entries.map(([keys, does]) => (
          <li key={does} className="flex items-center justify-between gap-4 text-sm">
            {does}
            <span className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
