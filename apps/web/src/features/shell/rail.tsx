"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { Me } from "#server/views/me.ts";
import { cn } from "#ui/class-names.ts";
import { Logo } from "./logo.tsx";
import { isActive, type NavItem, ORGANISATION_ITEMS, projectItems, refOfPath } from "./nav-items.ts";
import { ProjectSwitch } from "./project-switch.tsx";

interface RailProps {
  me: Me;
  /** Called when a link was taken: the drawer on a phone closes itself then. */
  onLeave?: () => void;
}

export function Rail({ me, onLeave }: RailProps) {
  const pathname = usePathname();
  const ref = refOfPath(pathname);
  return (
    <div className="flex h-full flex-col gap-4 overflow-y-auto p-3">
      <Link
        href="/projects"
        onClick={onLeave}
        className="flex items-center gap-2 px-1 pt-0.5 font-semibold tracking-tight"
      >
        <Logo className="size-5" /> Tidewire
      </Link>
      <ProjectSwitch organisation={me.organisation} />
      {ref ? (
        <NavList label="Project" items={projectItems(ref)} pathname={pathname} onLeave={onLeave} />
      ) : null}
      <NavList label="Organisation" items={ORGANISATION_ITEMS} pathname={pathname} onLeave={onLeave} />
    </div>
  );
}

interface NavListProps {
  label: string;
  items: readonly NavItem[];
  pathname: string;
  onLeave: (() => void) | undefined;
}

function NavList({ label, items, pathname, onLeave }: NavListProps) {
  return (
    <nav aria-label={label}>
      <p className="px-2 pb-1 text-2xs text-faint">{label}</p>
      <ul className="flex flex-col gap-px">
        {items.map(({ href, label: name, icon: Icon }) => {
          const active = isActive(pathname, href);
          return (
            <li key={href}>
              <Link
                href={href}
                onClick={onLeave}
                aria-current={active ? "page" : undefined}
                className={cn(
                  "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm",
                  active ? "bg-raised font-medium text-ink" : "text-muted hover:bg-raised/60 hover:text-ink",
                )}
              >
                <Icon className={cn("size-4", active ? "text-accent" : "text-faint")} aria-hidden />
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
