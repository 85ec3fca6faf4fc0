import {
  Activity,
  Cable,
  FolderKanban,
  Gauge,
  Hash,
  KeyRound,
  ListTree,
  type LucideIcon,
  ScrollText,
  Server,
  ShieldCheck,
  SlidersHorizontal,
  TerminalSquare,
  UserRound,
  Users,
} from "lucide-react";

export interface NavItem {
  label: string;
  href: string;
  icon: LucideIcon;
  /** Second key after `g`. */
  key: string;
}

export function projectItems(ref: string): NavItem[] {
  const base = `/projects/${ref}`;
  return [
    { label: "Overview", href: base, icon: Gauge, key: "o" },
    { label: "Inspector", href: `${base}/inspector`, icon: TerminalSquare, key: "i" },
    { label: "Presence", href: `${base}/presence`, icon: Users, key: "r" },
    { label: "Channels", href: `${base}/channels`, icon: Hash, key: "h" },
    { label: "Connections", href: `${base}/connections`, icon: Cable, key: "c" },
    { label: "Replication", href: `${base}/replication`, icon: Activity, key: "l" },
    { label: "Policies", href: `${base}/policies`, icon: ShieldCheck, key: "y" },
    { label: "Logs", href: `${base}/logs`, icon: ListTree, key: "e" },
    { label: "Keys", href: `${base}/keys`, icon: KeyRound, key: "k" },
    { label: "Settings", href: `${base}/settings`, icon: SlidersHorizontal, key: "s" },
  ];
}

export const ORGANISATION_ITEMS: readonly NavItem[] = [
  { label: "Projects", href: "/projects", icon: FolderKanban, key: "p" },
  { label: "Fleet", href: "/fleet", icon: Server, key: "f" },
  { label: "Team", href: "/team", icon: UserRound, key: "t" },
  { label: "Audit", href: "/audit", icon: ScrollText, key: "a" },
];

/** The project an address belongs to. */
export function refOfPath(pathname: string): string | null {
  const ref = /^\/projects\/([^/]+)/.exec(pathname)?.[1];
  return ref === undefined || ref === "new" ? null : ref;
}

/** The same page of another project. */
export function pathInProject(pathname: string, ref: string): string {
  const current = refOfPath(pathname);
  return current === null ? `/projects/${ref}` : pathname.replace(`/projects/${current}`, `/projects/${ref}`);
}

export function isActive(pathname: string, href: string): boolean {
  if (pathname === href) return true;
  const isSection = href !== "/projects" && !/^\/projects\/[^/]+$/.test(href);
  return isSection && pathname.startsWith(`${href}/`);
}
