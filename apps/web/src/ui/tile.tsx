import Link from "next/link";
import type { ReactNode } from "react";
import { UNKNOWN } from "#lib/format.ts";
import { cn } from "#ui/class-names.ts";
import { Sparkline } from "#ui/sparkline.tsx";
import type { SparkPoint } from "#ui/sparkline-path.ts";
import { type Status, StatusMark } from "#ui/status-mark.tsx";

interface TileProps {
  label: string;
  /** The present value, formatted; a dash when it is not known. */
  value: string;
  /** What it is compared with or made of: "of 200", "3 refused/s". */
  note?: ReactNode;
  status?: Status;
  points?: readonly SparkPoint[];
  stepMs?: number | undefined;
  /** Where the reason for the number is shown. */
  href?: string;
  children?: ReactNode;
}

export function Tile({ label, value, note, status, points, stepMs, href, children }: TileProps) {
  const body = (
    <>
      <span className="flex items-center gap-1.5 text-muted text-xs">
        {status && status !== "ok" ? <StatusMark status={status} /> : null}
        {label}
      </span>
      <span className="mt-1 flex min-w-0 flex-wrap items-baseline gap-x-2">
        <span
          className={cn(
            "text-xl tracking-tight sm:text-2xl",
            value === UNKNOWN ? "text-faint" : "font-semibold",
          )}
        >
          {value}
        </span>
        <span
          className={cn(
            "truncate text-xs",
            status === "bad" ? "text-bad" : status === "warn" ? "text-warn" : "text-faint",
          )}
        >
          {note}
        </span>
      </span>
      <span className="mt-2 block h-6">
        {points ? <Sparkline points={points} stepMs={stepMs} label={`${label} over time`} /> : children}
      </span>
    </>
  );
  const style = "flex min-w-0 flex-col rounded-lg border bg-surface px-4 py-3 shadow-card";
  return href ? (
    <Link
      href={href}
      aria-label={`${label}: ${value}`}
      className={cn(style, "transition-colors hover:border-line-strong")}
    >
      {body}
    </Link>
  ) : (
    <section aria-label={label} className={style}>
      {body}
    </section>
  );
}
