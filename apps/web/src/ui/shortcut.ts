"use client";
import { useEffect } from "react";

/**
 * Calls `onPress` for a key pressed outside of any field. `g p` is a sequence; `mod+k` is Ctrl or Cmd, and works inside
 * fields too.
 */
export function useShortcut(keys: string, onPress: () => void): void {
  useEffect(() => {
    const [first = "", second] = keys.split(" ");
    let armedUntilMs = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      const armed = event.timeStamp < armedUntilMs;
      armedUntilMs = 0;
      if (second !== undefined && armed && matches(event, second)) {
        event.preventDefault();
        onPress();
      } else if (matches(event, first)) {
        if (second !== undefined) armedUntilMs = event.timeStamp + SEQUENCE_MS;
        else {
          event.preventDefault();
          onPress();
        }
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [keys, onPress]);
}

/** The second key of a sequence must follow within this time. */
const SEQUENCE_MS = 1_000;

function matches(event: KeyboardEvent, key: string): boolean {
  if (key.startsWith("mod+"))
    return (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === key.slice(4);
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false;
  return event.key === key;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
