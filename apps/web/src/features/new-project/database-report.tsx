import { formatMs } from "#lib/format.ts";
import type { DatabaseCheck, DatabaseReport as Report } from "#server/views/project.ts";
import { cn } from "#ui/class-names.ts";
import { CodeBlock } from "#ui/code-block.tsx";
import { type Status, StatusMark } from "#ui/status-mark.tsx";

const MARK: Record<DatabaseCheck["state"], Status> = {
  ok: "ok",
  warning: "warn",
  failed: "bad",
  skipped: "idle",
};

/** What was checked on a database of the reader's own; each failing check with what fixes it. */
export function DatabaseReport({ report }: { report: Report }) {
  const failed = report.checks.filter((check) => check.state === "failed").length;
  return (
    <section aria-label="Database checks" className="rounded-md border">
      <p className="border-b px-3 py-2 text-muted text-xs" role="status">
        {report.ok
          ? "This database can be used"
          : failed === 1
            ? "1 check failed"
            : `${failed} checks failed`}
        {report.version ? ` · ${report.version.replace(/\.$/, "")}` : ""}
        {report.roundTripMs === null ? "" : ` · ${formatMs(report.roundTripMs)} round trip`}
      </p>
      <ul>
        {report.checks.map((check) => (
          <li key={check.id} className="border-b px-3 py-2.5 last:border-b-0">
            <p className={cn("flex items-center gap-2 text-sm", check.state === "skipped" && "text-faint")}>
              <StatusMark status={MARK[check.state]} label={check.state} />
              {check.title}
              {check.state === "skipped" ? ": not checked" : null}
            </p>
            {check.state === "ok" || check.state === "skipped" ? null : (
              <p className="mt-0.5 pl-5 text-muted text-sm">{check.message}</p>
            )}
            {check.remedy && check.state !== "ok" && check.state !== "skipped" ? (
              <CodeBlock
                text={check.remedy}
                language="sql"
                label={`What fixes ${check.title}`}
                className="mt-2 ml-5"
              />
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
