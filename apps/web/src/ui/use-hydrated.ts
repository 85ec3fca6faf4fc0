"use client";
import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False in the server's rendering and until this browser has taken it over: what is pressed or typed before is lost. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
