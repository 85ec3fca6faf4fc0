"use client";
import { type ReactNode, useCallback, useState } from "react";
import { PauseProvider, usePause } from "#features/live/pause.tsx";
import type { Me } from "#server/views/me.ts";
import { Dialog } from "#ui/dialog.tsx";
import { useShortcut } from "#ui/shortcut.ts";
import { CommandPalette } from "./command-palette.tsx";
import { ControlBanner } from "./control-banner.tsx";
import { GoToShortcuts } from "./go-to-shortcuts.tsx";
import { Rail } from "./rail.tsx";
import { ShortcutSheet } from "./shortcut-sheet.tsx";
import { TopBar } from "./top-bar.tsx";

/** The frame of every signed-in page: rail, top bar, palette, keys. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  return (
    <PauseProvider>
      <Frame me={me}>{children}</Frame>
    </PauseProvider>
  );
}

function Frame({ me, children }: { me: Me; children: ReactNode }) {
  const [open, setOpen] = useState<"palette" | "shortcuts" | "navigation" | null>(null);
  const { paused, setPaused } = usePause();
  useShortcut(
    "mod+k",
    useCallback(() => setOpen("palette"), []),
  );
  useShortcut(
    "?",
    useCallback(() => setOpen("shortcuts"), []),
  );
  useShortcut(
    ".",
    useCallback(() => setPaused(!paused), [paused, setPaused]),
  );
  useShortcut("/", focusSearch);
  const set = (which: "palette" | "shortcuts" | "navigation") => (next: boolean) =>
    setOpen(next ? which : null);

  return (
    <div className="lg:grid lg:grid-cols-[232px_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh border-r bg-surface lg:block">
        <Rail me={me} />
      </aside>
      <div className="min-w-0">
        <TopBar
          me={me}
          onOpenNavigation={() => setOpen("navigation")}
          onOpenPalette={() => setOpen("palette")}
        />
        <ControlBanner />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto max-w-[1600px] px-3 py-5 focus:outline-none sm:px-6"
        >
          {children}
        </main>
      </div>
      <Dialog
        open={open === "navigation"}
        onOpenChange={set("navigation")}
        title="Navigation"
        placement="left"
      >
        <div className="-mx-5 -my-4">
          <Rail me={me} onLeave={() => setOpen(null)} />
        </div>
      </Dialog>
      <CommandPalette
        open={open === "palette"}
        onOpenChange={set("palette")}
        onShowShortcuts={() => setOpen("shortcuts")}
      />
      <ShortcutSheet open={open === "shortcuts"} onOpenChange={set("shortcuts")} />
      <GoToShortcuts />
    </div>
  );
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>("main input[type=search]")?.focus();
}
