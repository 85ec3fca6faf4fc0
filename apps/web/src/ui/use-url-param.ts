"use client";
import { useSearchParams } from "next/navigation";
import { useCallback, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * One search parameter as state: shareable, kept on reload, without a request to the server. The fallback is never
 * written, so that a clean page has a clean address.
 *
 * Read from the address bar itself: the router tells of a change only some renders later, and a field that shows its
 * parameter would by then have lost what was typed meanwhile.
 */
export function useUrlParam(name: string, fallback = ""): [value: string, set: (value: string) => void] {
  // What the router knows counts on the server, and renders this again after a navigation.
  const routed = useSearchParams();
  const value = useSyncExternalStore(
    subscribe,
    () => new URLSearchParams(window.location.search).get(name),
    () => routed.get(name),
  );
  const set = useCallback(
    (next: string) => {
      const url = new URL(window.location.href);
      if (next === fallback) url.searchParams.delete(name);
      else url.searchParams.set(name, next);
      window.history.replaceState(null, "", url);
      for (const notify of listeners) notify();
    },
    [name, fallback],
  );
  return [value ?? fallback, set];
}
