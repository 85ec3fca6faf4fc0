"use client";
import { usePathname, useRouter } from "next/navigation";
import { useCallback } from "react";
import { useShortcut } from "#ui/shortcut.ts";
import { type NavItem, ORGANISATION_ITEMS, projectItems, refOfPath } from "./nav-items.ts";

/** `g` and a letter lead to every page. */
export function GoToShortcuts() {
  const ref = refOfPath(usePathname());
  return [...(ref ? projectItems(ref) : []), ...ORGANISATION_ITEMS].map((item) => (
    <GoTo key={item.href} item={item} />
  ));
}

function GoTo({ item }: { item: NavItem }) {
  const router = useRouter();
  useShortcut(
    `g ${item.key}`,
    useCallback(() => router.push(item.href), [router, item.href]),
  );
  return null;
}
