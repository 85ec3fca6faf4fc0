import { cn } from "#ui/class-names.ts";
import { type SparkPoint, sparklinePath, usualGapMs } from "#ui/sparkline-path.ts";

interface SparklineProps {
  points: readonly SparkPoint[];
  /** What the line shows, in words: "messages per second, last 30 minutes". */
  label: string;
  /** Usual distance of the points, where they come in more than one. */
  stepMs?: number | undefined;
  className?: string;
}

const WIDTH = 120;
const HEIGHT = 24;

export function Sparkline({ points, label, stepMs, className }: SparklineProps) {
  const path = sparklinePath(points, { width: WIDTH, height: HEIGHT, gapMs: usualGapMs(points, stepMs) });
  return (
    <svg
      role="img"
      aria-label={path === "" ? `${label}: no samples yet` : label}
      viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`}
      preserveAspectRatio="none"
      className={cn("h-6 w-full overflow-visible", className)}
    >
      {path === "" ? (
        <path
          d={`M0 ${HEIGHT}H${WIDTH}`}
          stroke="var(--line)"
          strokeDasharray="2 3"
          vectorEffect="non-scaling-stroke"
        />
      ) : (
        <path
          d={path}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.25"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
