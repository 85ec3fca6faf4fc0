import { formatLatency } from "#lib/format.ts";
import { cn } from "#ui/class-names.ts";

export interface Span {
  label: string;
  startMs: number;
  endMs: number;
}

interface WaterfallProps {
  label: string;
  /** In order of their start; times count from any common origin. */
  spans: readonly Span[];
  className?: string;
}

/** Which part of the way took how long. */
export function Waterfall({ label, spans, className }: WaterfallProps) {
  const fromMs = Math.min(...spans.map(({ startMs }) => startMs));
  const totalMs = Math.max(...spans.map(({ endMs }) => endMs)) - fromMs;
  if (spans.length === 0) return null;
  const share = (ms: number) => (totalMs > 0 ? (ms / totalMs) * 100 : 0);
  return (
    <ol aria-label={label} className={cn("flex flex-col gap-1 text-xs", className)}>
      {spans.map((span) => (
        <li key={span.label} className="grid grid-cols-[6.5rem_minmax(0,1fr)_4.5rem] items-center gap-2">
          <span className="truncate text-muted">{span.label}</span>
          <span className="relative h-2 rounded-xs bg-raised" aria-hidden>
            <span
              className="absolute inset-y-0 min-w-px rounded-xs bg-accent"
              style={{
                left: `${share(span.startMs - fromMs)}%`,
                width: `${share(span.endMs - span.startMs)}%`,
              }}
            />
          </span>
          <span className="text-right">{formatLatency(span.endMs - span.startMs)}</span>
        </li>
      ))}
    </ol>
  );
}
