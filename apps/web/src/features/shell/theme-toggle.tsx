"use client";
import { Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useCallback } from "react";
import { Button } from "#ui/button.tsx";

export function useToggleTheme(): () => void {
  const { resolvedTheme, setTheme } = useTheme();
  return useCallback(() => setTheme(resolvedTheme === "light" ? "dark" : "light"), [resolvedTheme, setTheme]);
}

export function ThemeToggle() {
  const toggle = useToggleTheme();
  return (
    <Button variant="ghost" size="icon" aria-label="Switch between light and dark" onClick={toggle}>
      <Moon className="hidden size-4 dark:block" aria-hidden />
      <Sun className="size-4 dark:hidden" aria-hidden />
    </Button>
  );
}
