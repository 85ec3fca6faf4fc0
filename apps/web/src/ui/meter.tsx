import { cn } from "#ui/class-names.ts";

interface MeterProps {
  value: number;
  max: number;
  /** What is measured, for screen readers. */
  label: string;
  className?: string;
}

/** Above this share of a limit the bar warns. */
const WARN_SHARE = 0.8;

/** How much of a limit is used. */
export function Meter({ value, max, label, className }: MeterProps) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the bar of a native meter takes no colours of ours
    <div
      role="meter"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={max}
      className={cn("h-1 w-full overflow-hidden rounded-full bg-raised", className)}
    >
      <div
        className={cn(
          "h-full rounded-full",
          share >= 1 ? "bg-bad" : share >= WARN_SHARE ? "bg-warn" : "bg-accent",
        )}
        style={{ width: `${share * 100}%` }}
      />
    </div>
  );
}
