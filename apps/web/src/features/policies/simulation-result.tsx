import { formatMs, plural } from "#lib/format.ts";
import type { Decision, SimulationView } from "#server/views/policies.ts";
import { Badge } from "#ui/badge.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { WithCode } from "#ui/with-code.tsx";

/** What a private join would come to, the four questions behind it, and what each policy said. */
export function SimulationResult({ result }: { result: SimulationView }) {
  const { refusal, decisions, ms, topic, role } = result;
  return (
    <section aria-label="Result" aria-live="polite" className="border-t">
      <div className="flex items-start gap-2.5 px-4 py-3">
        <StatusMark status={refusal === null ? "ok" : "bad"} className="mt-1" label="" />
        <div className="min-w-0">
          <p className="text-sm">
            A private join of <code className="break-all font-mono text-xs">{topic}</code>{" "}
            {refusal === null ? `is accepted${onlyPresence(decisions)}.` : "is refused. The client reads:"}
          </p>
          {refusal === null ? null : (
            <p className="mt-1 break-words font-mono text-bad text-xs leading-5">{refusal}</p>
          )}
        </div>
      </div>
      <ul aria-label="Decisions" className="divide-y border-t">
        {decisions.map((decision) => (
          <DecisionRow key={`${decision.action} ${decision.extension}`} decision={decision} />
        ))}
      </ul>
      <Votes result={result} />
      <p className="border-t px-4 py-2.5 text-faint text-xs">
        Asked as a node asks, as {role.name === "" ? "no role" : role.name}, in a transaction that was rolled
        back: {formatMs(ms)}.
      </p>
    </section>
  );
}

function onlyPresence(decisions: readonly Decision[]): string {
  const mayHear = decisions.some(
    (one) => one.action === "read" && one.extension === "broadcast" && one.allowed,
  );
  return mayHear ? "" : ", for presence only: no broadcast reaches it";
}

function DecisionRow({ decision: { action, extension, allowed, because } }: { decision: Decision }) {
  return (
    <li
      aria-label={`${action} ${extension}: ${allowed ? "allowed" : "denied"}`}
      className="grid grid-cols-[8.5rem_minmax(0,1fr)] items-baseline gap-3 px-4 py-2"
    >
      <span className="flex items-baseline gap-2 text-sm">
        <StatusMark status={allowed ? "ok" : "bad"} label="" className="translate-y-0.5" />
        {action} {extension}
      </span>
      <span className="break-words text-muted text-sm">
        <WithCode text={because} />
      </span>
    </li>
  );
}

const WORD = { yes: "yes", no: "no", error: "error" } as const;
const TONE = { yes: "ok", no: "neutral", error: "bad" } as const;

function Votes({ result: { votes } }: { result: SimulationView }) {
  const names = [...new Set(votes.map(({ policy }) => policy))];
  if (names.length === 0) return null;
  return (
    <details className="group border-t">
      <summary className="px-4 py-2.5 text-muted text-sm hover:text-ink">
        {plural(names.length, "policy", "policies")}, each asked on its own
      </summary>
      <ul aria-label="Votes" className="flex flex-col gap-3 px-4 pb-3">
        {names.map((name) => (
          <li key={name} className="flex flex-wrap gap-1.5 text-sm">
            <span className="w-full break-all">{name}</span>
            {votes
              .filter(({ policy }) => policy === name)
              .map(({ action, extension, vote, error }) => (
                <Badge
                  key={`${action} ${extension}`}
                  tone={vote === null ? "outline" : TONE[vote]}
                  title={error ?? undefined}
                >
                  {action} {extension}: {vote === null ? "other roles" : WORD[vote]}
                </Badge>
              ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
