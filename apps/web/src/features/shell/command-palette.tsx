"use client";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Keyboard, LogOut, Moon, PauseCircle, Plus, Server } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { usePause } from "#features/live/pause.tsx";
import { useTRPC } from "#trpc/client.tsx";
import { Kbd } from "#ui/kbd.tsx";
import { signOut } from "./account-menu.tsx";
import { ORGANISATION_ITEMS, projectItems, refOfPath } from "./nav-items.ts";
import { useToggleTheme } from "./theme-toggle.tsx";

interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onShowShortcuts: () => void;
}

export function CommandPalette({ open, onOpenChange, onShowShortcuts }: CommandPaletteProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const ref = refOfPath(usePathname());
  const toggleTheme = useToggleTheme();
  const { paused, setPaused } = usePause();
  const { data: projects = [] } = useQuery(trpc.frame.projects.queryOptions());

  const run = (act: () => void) => () => {
    onOpenChange(false);
    act();
  };
  const go = (href: string) => run(() => router.push(href));

  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="Commands"
      overlayClassName="fixed inset-0 z-40 bg-black/50"
      contentClassName="fixed top-[14vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border bg-surface shadow-pop"
    >
      <Command.Input
        placeholder="Go to or do…"
        className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-96 overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-faint">
        <Command.Empty className="p-6 text-center text-muted text-sm">Nothing of that name.</Command.Empty>
        {ref ? (
          <Command.Group heading="This project">
            {projectItems(ref).map(({ label, href, icon: Icon, key }) => (
              <Item key={href} onSelect={go(href)} icon={<Icon className="size-4" />} keys={["g", key]}>
                {label}
              </Item>
            ))}
          </Command.Group>
        ) : null}
        <Command.Group heading="Projects">
          {projects.map((project) => (
            <Item
              key={project.ref}
              value={`project ${project.name} ${project.ref}`}
              onSelect={go(`/projects/${project.ref}`)}
              icon={<Server className="size-4" />}
            >
              {project.name} <span className="ml-2 font-mono text-faint text-xs">{project.ref}</span>
            </Item>
          ))}
          <Item onSelect={go("/projects/new")} icon={<Plus className="size-4" />}>
            New project
          </Item>
        </Command.Group>
        <Command.Group heading="Organisation">
          {ORGANISATION_ITEMS.map(({ label, href, icon: Icon, key }) => (
            <Item key={href} onSelect={go(href)} icon={<Icon className="size-4" />} keys={["g", key]}>
              {label}
            </Item>
          ))}
        </Command.Group>
        <Command.Group heading="Actions">
          <Item
            onSelect={run(() => setPaused(!paused))}
            icon={<PauseCircle className="size-4" />}
            keys={["."]}
          >
            {paused ? "Resume live data" : "Pause live data"}
          </Item>
          <Item onSelect={run(toggleTheme)} icon={<Moon className="size-4" />}>
            Switch between light and dark
          </Item>
          <Item onSelect={run(onShowShortcuts)} icon={<Keyboard className="size-4" />} keys={["?"]}>
            Show keyboard shortcuts
          </Item>
          <Item onSelect={run(() => void signOut())} icon={<LogOut className="size-4" />}>
            Sign out
          </Item>
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

interface ItemProps {
  children: ReactNode;
  icon: ReactNode;
  onSelect: () => void;
  value?: string;
  keys?: readonly string[];
}

function Item({ children, icon, onSelect, value, keys = [] }: ItemProps) {
  return (
    <Command.Item
      {...(value ? { value } : {})}
      onSelect={onSelect}
      className="flex cursor-default items-center gap-2.5 rounded-md px-2 py-2 text-sm data-[selected=true]:bg-raised [&_svg]:text-faint"
    >
      {icon}
      {children}
      <span className="ml-auto flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </Command.Item>
  );
}
