"use client";
import { keepPreviousData } from "@tanstack/react-query";
import { usePause } from "./pause.tsx";

/** Three samples of the nodes: sooner there is hardly anything new. */
const REFRESH_MS = 15_000;

/** How a query of samples follows the present: at its pace, not while paused, and without a blank in between. */
export function useHistoryPace() {
  const { paused } = usePause();
  const refetchInterval: number | false = paused ? false : REFRESH_MS;
  return { refetchInterval, placeholderData: keepPreviousData };
}
