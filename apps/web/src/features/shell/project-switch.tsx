"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, FolderKanban, Plus } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { Me } from "#server/views/me.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "#ui/menu.tsx";
import { pathInProject, refOfPath } from "./nav-items.ts";

/** Says where the reader is, and changes the project while keeping the page. */
export function ProjectSwitch({ organisation }: { organisation: Me["organisation"] }) {
  const trpc = useTRPC();
  const pathname = usePathname();
  const { data: projects = [] } = useQuery(trpc.frame.projects.queryOptions());
  const ref = refOfPath(pathname);
  const current = projects.find((project) => project.ref === ref);

  return (
    <Menu
      align="start"
      className="w-60"
      trigger={
        <button
          type="button"
          aria-label={`Switch project, now ${current?.name ?? "none"}`}
          className="flex w-full items-center gap-2 rounded-md border border-line px-2.5 py-1.5 text-left hover:bg-raised"
        >
          <span className="min-w-0 flex-1">
            <span className="block truncate text-2xs text-faint">{organisation.name}</span>
            <span className="block truncate font-medium text-sm">
              {current?.name ?? (ref ? ref : "All projects")}
            </span>
          </span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      <MenuLabel>Projects</MenuLabel>
      {projects.map((project) => (
        <MenuItem key={project.ref} asChild>
          <Link href={pathInProject(pathname, project.ref)}>
            <span className="truncate">{project.name}</span>
            <span className="ml-auto truncate pl-2 font-mono text-2xs text-faint">{project.region}</span>
          </Link>
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem asChild>
        <Link href="/projects">
          <FolderKanban className="size-3.5" aria-hidden /> All projects
        </Link>
      </MenuItem>
      <MenuItem asChild>
        <Link href="/projects/new">
          <Plus className="size-3.5" aria-hidden /> New project
        </Link>
      </MenuItem>
    </Menu>
  );
}
