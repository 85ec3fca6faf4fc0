import { cn } from "#ui/class-names.ts";

export type Status = "ok" | "warn" | "bad" | "idle" | "busy";

const COLOUR: Record<Status, string> = {
  ok: "text-ok",
  warn: "text-warn",
  bad: "text-bad",
  idle: "text-faint",
  busy: "text-accent",
};

const WORD: Record<Status, string> = {
  ok: "ok",
  warn: "warning",
  bad: "broken",
  idle: "idle",
  busy: "in progress",
};

interface StatusMarkProps {
  status: Status;
  /** What a screen reader says; pass `""` when the word stands beside the mark. */
  label?: string;
  className?: string;
}

/** A state by shape as well as colour: disc, triangle, crossed diamond, ring, half disc. */
export function StatusMark({ status, label = WORD[status], className }: StatusMarkProps) {
  const style = cn("inline-block size-3 shrink-0", COLOUR[status], className);
  if (label === "") {
    return (
      <svg viewBox="0 0 12 12" className={style} fill="currentColor" aria-hidden="true">
        <Shape status={status} />
      </svg>
    );
  }
  return (
    <svg viewBox="0 0 12 12" className={style} fill="currentColor" role="img" aria-label={label}>
      <title>{label}</title>
      <Shape status={status} />
    </svg>
  );
}

function Shape({ status }: { status: Status }) {
  switch (status) {
    case "ok":
      return <circle cx="6" cy="6" r="4" />;
    case "warn":
      return <path d="M6 1.2 11.2 10.4H.8Z" />;
    case "bad":
      return (
        <>
          <path d="M6 .4 11.6 6 6 11.6.4 6Z" />
          <path d="M4.4 4.4 7.6 7.6M7.6 4.4 4.4 7.6" stroke="var(--surface)" strokeWidth="1.4" />
        </>
      );
    case "idle":
      return <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.4" />;
    case "busy":
      return (
        <>
          <circle cx="6" cy="6" r="3.8" fill="none" stroke="currentColor" strokeWidth="1.4" opacity="0.5" />
          <path d="M6 2.2a3.8 3.8 0 0 1 0 7.6Z" />
        </>
      );
  }
}
