import type { Verdict } from "#server/views/overview.ts";
import { cn } from "#ui/class-names.ts";
import { type Status, StatusMark } from "#ui/status-mark.tsx";
import { WithCode } from "#ui/with-code.tsx";

const MARK: Record<Verdict["level"], Status> = { ok: "ok", warning: "warn", broken: "bad" };
const BORDER: Record<Status, string> = {
  ok: "border-line",
  warn: "border-warn/50 bg-warn-soft",
  bad: "border-bad/50 bg-bad-soft",
  idle: "border-line",
  busy: "border-line",
};

/** The one or two sentences that matter. */
export function VerdictBanner({ verdict }: { verdict: Verdict }) {
  const [headline = "", ...rest] = verdict.sentences;
  const status = MARK[verdict.level];
  return (
    <section
      aria-label="Verdict"
      className={cn("flex items-start gap-3 rounded-lg border bg-surface px-4 py-3", BORDER[status])}
    >
      <StatusMark status={status} className="mt-1.5 size-3.5" label={verdict.level} />
      <div className="min-w-0">
        <p className="font-medium text-lg">
          <WithCode text={headline} />
        </p>
        {rest.map((sentence) => (
          <p key={sentence} className="text-muted text-sm">
            <WithCode text={sentence} />
          </p>
        ))}
      </div>
    </section>
  );
}
