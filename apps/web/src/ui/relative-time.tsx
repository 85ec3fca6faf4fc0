"use client";
import { formatAbsolute, formatAgo, formatClock } from "#lib/format.ts";
import { cn } from "#ui/class-names.ts";
import { useNow } from "#ui/use-now.ts";

interface TimeProps {
  atMs: number;
  className?: string;
}

/** "3 min ago", with the absolute time on hover. */
export function RelativeTime({ atMs, className }: TimeProps) {
  const nowMs = useNow();
  const iso = new Date(atMs).toISOString();
  return (
    <time
      dateTime={iso}
      title={formatAbsolute(atMs)}
      className={cn("whitespace-nowrap", className)}
      suppressHydrationWarning
    >
      {nowMs === null ? iso.slice(0, 16).replace("T", " ") : formatAgo(nowMs - atMs)}
    </time>
  );
}

/** "14:03:22.118", with date and distance on hover: for rows of a log. */
export function ClockTime({ atMs, className }: TimeProps) {
  return (
    <time
      dateTime={new Date(atMs).toISOString()}
      title={formatAbsolute(atMs)}
      className={cn("whitespace-nowrap font-mono", className)}
      suppressHydrationWarning
    >
      {formatClock(atMs)}
    </time>
  );
}
