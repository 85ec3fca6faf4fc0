"use client";
import { Menu as MenuIcon, Search } from "lucide-react";
import type { Me } from "#server/views/me.ts";
import { Button } from "#ui/button.tsx";
import { Kbd } from "#ui/kbd.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { HealthDots } from "./health-dots.tsx";
import { PauseToggle } from "./pause-toggle.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

interface TopBarProps {
  me: Me;
  onOpenNavigation: () => void;
  onOpenPalette: () => void;
}

export function TopBar({ me, onOpenNavigation, onOpenPalette }: TopBarProps) {
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-bg/90 px-3 backdrop-blur sm:px-5">
      <Button
        variant="ghost"
        size="icon"
        aria-label="Open navigation"
        onClick={onOpenNavigation}
        className="lg:hidden"
      >
        <MenuIcon className="size-4" aria-hidden />
      </Button>
      <button
        type="button"
        aria-label="Search and commands"
        onClick={onOpenPalette}
        className="flex h-8 min-w-8 items-center justify-center gap-2 rounded-md border border-line bg-surface px-2 text-faint text-sm hover:border-line-strong hover:text-ink md:w-64 md:justify-start"
      >
        <Search className="size-3.5 shrink-0" aria-hidden />
        <span className="hidden md:inline">Go to or do…</span>
        <span className="ml-auto hidden gap-1 md:flex">
          <Kbd>Ctrl</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <div className="ml-auto flex items-center gap-2 sm:gap-3">
        <HealthDots />
        <PauseToggle />
        <ThemeToggle />
        <AccountMenu me={me} />
      </div>
    </header>
  );
}
