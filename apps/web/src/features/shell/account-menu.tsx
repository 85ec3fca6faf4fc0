"use client";
import { LogOut } from "lucide-react";
import { useTheme } from "next-themes";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { authClient } from "#lib/auth-client.ts";
import type { Me } from "#server/views/me.ts";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "#ui/menu.tsx";

const THEMES = [
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
  { value: "system", label: "As the system" },
] as const;
type Theme = (typeof THEMES)[number]["value"];

export async function signOut(): Promise<void> {
  const { error } = await authClient.signOut();
  if (error) {
    toast.error("Signing out failed: the dashboard server did not answer.");
    return;
  }
  // A full load: nothing of the last user stays in memory.
  window.location.assign("/sign-in");
}

export function AccountMenu({ me }: { me: Me }) {
  const { theme, setTheme } = useTheme();
  // The server does not know the choice; showing it only after mounting keeps both renderings alike.
  const [mounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  const chosen = THEMES.find((one) => one.value === theme)?.value ?? "dark";

  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label="Account"
          className="flex size-7 items-center justify-center rounded-full bg-accent-soft font-medium text-accent text-xs uppercase hover:bg-accent hover:text-accent-ink"
        >
          {(me.user.name || me.user.email).slice(0, 1)}
        </button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="truncate font-medium text-sm">{me.user.name || me.user.email}</p>
        <p className="truncate text-faint text-xs">{me.user.email}</p>
        <p className="truncate text-faint text-xs">
          {me.organisation.role} of {me.organisation.name}
        </p>
      </div>
      <MenuSeparator />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice<Theme> value={mounted ? chosen : "dark"} onValueChange={setTheme} options={THEMES} />
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut()}>
        <LogOut className="size-3.5" aria-hidden /> Sign out
      </MenuItem>
    </Menu>
  );
}
