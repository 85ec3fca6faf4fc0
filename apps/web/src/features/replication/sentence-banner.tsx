import { formatDuration } from "#lib/format.ts";
import type { ReplicationView } from "#server/views/replication.ts";
import { cn } from "#ui/class-names.ts";
import { type Status, StatusMark } from "#ui/status-mark.tsx";
import { WithCode } from "#ui/with-code.tsx";

const MARK: Record<ReplicationView["verdict"]["level"], Status> = {
  ok: "ok",
  warning: "warn",
  broken: "bad",
  idle: "idle",
};

/** Is it well, and if not, why; with the forecast of a slot that would be lost. */
export function SentenceBanner({ view }: { view: ReplicationView }) {
  const { level, sentence } = view.verdict;
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
      <div>
        <p className="font-medium text-lg">
          <WithCode text={sentence} />
        </p>
        {view.slotLostAtMs === null ? null : (
          <p className="text-sm text-warn">
            The slot would be lost in {formatDuration(view.slotLostAtMs - view.askedAtMs)} at this rate.
          </p>
        )}
      </div>
    </section>
  );
}
