"use client";
import { formatAbsolute, formatAgo, formatClock } from "#lib/format.ts";
import { cn } from "#ui/class-names.ts";
import { useHydrated } from "#ui/use-hydrated.ts";
import { useNow } from "#ui/use-now.ts";

interface TimeProps {
  atMs: number;
  className?: string;
}

/**
 * The server's zone is not the reader's: until the browser has taken over, both components show UTC, so that the two
 * renderings are the same and the second one is the reader's own.
 */

/** "3 min ago", with the absolute time on hover. */
export function RelativeTime({ atMs, className }: TimeProps) {
  const nowMs = useNow();
  const iso = new Date(atMs).toISOString();
  return (
    <time
      dateTime={iso}
      title={nowMs === null ? iso : formatAbsolute(atMs)}
      className={cn("whitespace-nowrap", className)}
    >
      {nowMs === null ? iso.slice(0, 16).replace("T", " ") : formatAgo(nowMs - atMs)}
    </time>
  );
}

/** "14:03:22.118", with the date on hover: for rows of a log. */
export function ClockTime({ atMs, className }: TimeProps) {
  const hydrated = useHydrated();
  const iso = new Date(atMs).toISOString();
  return (
    <time
      dateTime={iso}
      title={hydrated ? formatAbsolute(atMs) : iso}
      className={cn("whitespace-nowrap font-mono", className)}
    >
      {hydrated ? formatClock(atMs) : iso.slice(11, 23)}
    </time>
  );
}
