"use client";
import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

/**
 * One search parameter as state: shareable, kept on reload, without a request to the server. The fallback is never
 * written, so that a clean page has a clean address.
 */
export function useUrlParam(name: string, fallback = ""): [value: string, set: (value: string) => void] {
  const params = useSearchParams();
  const value = params.get(name) ?? fallback;
  const set = useCallback(
    (next: string) => {
      // Read from the address bar: two parameters set in one event must not overwrite each other.
      const url = new URL(window.location.href);
      if (next === fallback) url.searchParams.delete(name);
      else url.searchParams.set(name, next);
      window.history.replaceState(null, "", url);
    },
    [name, fallback],
  );
  return [value, set];
}
