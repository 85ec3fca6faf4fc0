import { formatDuration } from "#lib/format.ts";
import type { ReplicationView } from "#server/views/replication.ts";
import { cn } from "#ui/class-names.ts";
import { CodeBlock } from "#ui/code-block.tsx";
import { type Status, StatusMark } from "#ui/status-mark.tsx";
import { WithCode } from "#ui/with-code.tsx";

const MARK: Record<ReplicationView["verdict"]["level"], Status> = {
  ok: "ok",
  warning: "warn",
  broken: "bad",
  idle: "idle",
};

interface SentenceBannerProps {
  view: ReplicationView;
  /** What helps stands elsewhere on the page already. */
  withoutRemedy: boolean;
}

/** Is it well, and if not, why; with the forecast of a slot that would be lost. */
export function SentenceBanner({ view, withoutRemedy }: SentenceBannerProps) {
  const { level, sentence, remedy } = view.verdict;
  return (
    <section
      aria-label="Verdict"
      className={cn(
        "flex items-start gap-3 rounded-lg border bg-surface px-4 py-3",
        level === "warning" && "border-warn/50 bg-warn-soft",
        level === "broken" && "border-bad/50 bg-bad-soft",
      )}
    >
      <StatusMark status={MARK[level]} className="mt-1.5 size-3.5" label={level} />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-lg">
          <WithCode text={sentence} />
        </p>
        {view.slotLostAtMs === null ? null : (
          <p className="text-sm text-warn">
            The slot would be lost in {formatDuration(view.slotLostAtMs - view.askedAtMs)} at this rate.
          </p>
        )}
        {remedy === null || withoutRemedy ? null : (
          <CodeBlock text={remedy} language="sql" label="What ends it" wrap className="mt-2 max-w-xl" />
        )}
      </div>
    </section>
  );
}
