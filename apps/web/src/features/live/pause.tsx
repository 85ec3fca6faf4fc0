"use client";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

interface Pause {
  paused: boolean;
  setPaused: (paused: boolean) => void;
}

const PauseContext = createContext<Pause>({ paused: false, setPaused: () => undefined });

/** Whether the pages below follow the present. Paused pages keep what they show and ask nobody. */
export function PauseProvider({ children }: { children: ReactNode }) {
  const [paused, setPaused] = useState(false);
  const value = useMemo(() => ({ paused, setPaused }), [paused]);
  return <PauseContext value={value}>{children}</PauseContext>;
}

export function usePause(): Pause {
  return useContext(PauseContext);
}
