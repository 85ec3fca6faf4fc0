import type { DropReason, TraceHop } from "@tidewire/protocol/cluster/tap";
import { formatCount, formatLatency } from "#lib/format.ts";
import { ClockTime } from "#ui/relative-time.tsx";
import { isBeforeSent, type Step, toSteps } from "./traces.ts";

const REASONS: Record<DropReason, string> = {
  "own-message": "sent it, and does not hear itself",
  "not-allowed": "may not read the topic",
  replayed: "had it already, by a replay",
  "joined-later": "joined after it was sent",
  "no-form": "its serializer has no form for it",
  "slow-or-closed": "reads too slowly, or is closed",
};

interface TraceViewProps {
  hops: readonly TraceHop[];
  /** Entries of this and other messages that did not come. */
  hopsDropped: number;
}

/** The way of one broadcast: per node its steps, all on one scale, and what became of the members there. */
export function TraceView({ hops, hopsDropped }: TraceViewProps) {
  const nodes = hops.map((hop) => ({ hop, steps: toSteps(hop) }));
  const totalMs = Math.max(0, ...nodes.flatMap(({ steps }) => steps.map(({ endMs }) => endMs)));
  return (
    <section aria-label="Trace" className="flex flex-col gap-3">
      <header className="flex flex-wrap items-baseline gap-x-2 text-xs">
        <h3 className="text-faint">Trace</h3>
        {hops[0] ? (
          <p className="ml-auto text-muted">
            accepted in {hops[0].fromRegion} at <ClockTime atMs={hops[0].times.accepted} />
          </p>
        ) : null}
      </header>
      {nodes.map(({ hop, steps }) => (
        <div key={hop.node} className="flex flex-col gap-1.5">
          <p className="flex flex-wrap items-baseline gap-x-2 text-xs">
            <span className="font-mono">{hop.node}</span>
            <span className="text-muted">{hop.region}</span>
            <span className="ml-auto text-muted">
              {formatCount(hop.recipients)} written
              {hop.dropped > 0 ? `, ${formatCount(hop.dropped)} left out` : ""}
            </span>
          </p>
          <ol aria-label={`Steps on ${hop.node}`} className="flex flex-col gap-1 text-xs">
            {steps.map((step) => (
              <Bar key={step.label} step={step} totalMs={totalMs} />
            ))}
          </ol>
          <LeftOut hop={hop} />
        </div>
      ))}
      {hops.length === 0 ? (
        <p className="text-muted text-xs">
          No node has told the way of this message: tracing began after it, or it is too long ago.
        </p>
      ) : null}
      {hopsDropped > 0 ? (
        <p className="text-warn text-xs">
          {formatCount(hopsDropped)} {hopsDropped === 1 ? "entry" : "entries"} left out since tracing began,
          because too many came at once: a node may be missing here. Filter by topic to trace less.
        </p>
      ) : null}
      {hops.some(isBeforeSent) ? (
        <p className="text-warn text-xs">The clocks of these nodes differ by more than the way took.</p>
      ) : null}
    </section>
  );
}

function Bar({ step: { label, startMs, endMs }, totalMs }: { step: Step; totalMs: number }) {
  const share = (ms: number) => (totalMs > 0 ? (ms / totalMs) * 100 : 0);
  return (
    <li className="grid grid-cols-[8rem_minmax(0,1fr)_4.5rem] items-center gap-2">
      <span className="truncate text-muted">{label}</span>
      <span className="relative h-2 rounded-xs bg-raised" aria-hidden>
        <span
          className="absolute inset-y-0 min-w-px rounded-xs bg-accent"
          style={{ left: `${share(startMs)}%`, width: `${share(endMs - startMs)}%` }}
        />
      </span>
      <span className="text-right">{formatLatency(endMs - startMs)}</span>
    </li>
  );
}

function LeftOut({ hop: { members, dropped } }: { hop: TraceHop }) {
  const named = members.flatMap(({ channel, dropped: reason }) =>
    reason === undefined ? [] : [{ channel, reason }],
  );
  if (named.length === 0) return null;
  return (
    <ul aria-label="Members left out" className="flex flex-col gap-0.5 text-xs">
      {named.map(({ channel, reason }) => (
        <li key={channel} className="flex min-w-0 gap-2">
          <span className="truncate font-mono text-faint">{channel}</span>
          <span className="text-muted">{REASONS[reason]}</span>
        </li>
      ))}
      {dropped > named.length ? (
        <li className="text-faint">and {formatCount(dropped - named.length)} more</li>
      ) : null}
    </ul>
  );
}
