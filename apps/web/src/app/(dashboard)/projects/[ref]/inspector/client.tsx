"use client";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { ArrowUp } from "lucide-react";
import { useMemo, useState } from "react";
import { Compose, type Draft } from "#features/inspector/compose.tsx";
import { describeTail } from "#features/inspector/counter.ts";
import { Detail } from "#features/inspector/detail.tsx";
import { matchesFilter, parseFilter } from "#features/inspector/filter.ts";
import { parseKinds, toKindsParam } from "#features/inspector/kinds.ts";
import { QuietTail } from "#features/inspector/quiet-tail.tsx";
import { Rows } from "#features/inspector/rows.tsx";
import { rateOf } from "#features/inspector/tail.ts";
import { Toolbar } from "#features/inspector/toolbar.tsx";
import { useTail } from "#features/inspector/use-tail.ts";
import { usePause } from "#features/live/pause.tsx";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { cn } from "#ui/class-names.ts";
import { download } from "#ui/download.ts";
import { PageHeader } from "#ui/page-header.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { useNow } from "#ui/use-now.ts";
import { useUrlParam } from "#ui/use-url-param.ts";
import { INSPECTOR_PARAMS, parseRate } from "./search-params.ts";

const NEW_DRAFT: Draft = { topic: "room:1", event: "hello", payload: '{\n  "text": "hi"\n}', private: false };

export function InspectorClient({ projectRef }: { projectRef: string }) {
  const [query, setQuery] = useUrlParam(INSPECTOR_PARAMS.query);
  const [kindsText, setKindsText] = useUrlParam(INSPECTOR_PARAMS.kinds);
  const [rateText, setRateText] = useUrlParam(INSPECTOR_PARAMS.rate, "200");
  const [traceText, setTraceText] = useUrlParam(INSPECTOR_PARAMS.trace);
  const trace = traceText === "on";
  const { paused, setPaused } = usePause();
  const [away, setAway] = useState(false);
  const [selected, setSelected] = useState<TapEvent | undefined>(undefined);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [scrollKey, setScrollKey] = useState(0);
  const nowMs = useNow();

  const kinds = useMemo(() => parseKinds(kindsText), [kindsText]);
  const filter = useMemo(() => parseFilter(query), [query]);
  const hold = paused || away;
  const { tail, traces, survey, feed, error, reset, clear } = useTail({
    ref: projectRef,
    filter,
    kinds,
    maxPerSecond: parseRate(rateText),
    trace,
    hold,
  });
  const events = useMemo(
    () =>
      tail.rows.filter(
        (event) => (kinds.length === 0 || kinds.includes(event.kind)) && matchesFilter(event, filter),
      ),
    [tail.rows, kinds, filter],
  );
  const counter = describeTail({
    rate: rateOf(tail, nowMs ?? 0),
    paused,
    held: tail.held.length,
    heldLost: tail.heldLost,
  });
  const replay = ({ topic = "", event = "", payload = "{}", private: isPrivate = false }: TapEvent) =>
    setDraft({ topic, event, payload: pretty(payload), private: isPrivate });

  return (
    <>
      <PageHeader title="Inspector" description="Everything that happens in this project, as it happens." />
      <StatusLine feed={paused ? { kind: "live" } : feed} survey={survey} className="-mt-2 pb-4" />
      {error && feed.kind === "lost" && !survey ? (
        <ProblemState error={error} onRetry={reset} className="mb-4" />
      ) : null}
      <Card aria-label="Tail">
        <Toolbar
          kinds={kinds}
          onKinds={(next) => setKindsText(toKindsParam(next))}
          query={query}
          onQuery={setQuery}
          rate={parseRate(rateText)}
          onRate={(rate) => setRateText(String(rate))}
          trace={trace}
          onTrace={(next) => setTraceText(next ? "on" : "")}
          paused={paused}
          onPause={setPaused}
          onClear={clear}
          onExport={() => exportEvents(events)}
          onCompose={() => setDraft(NEW_DRAFT)}
        >
          <span
            role="status"
            aria-label="Rate"
            aria-live="off"
            className={cn("text-xs", paused ? "text-warn" : "text-muted")}
          >
            {counter}
          </span>
        </Toolbar>
        <div
          className={cn(
            "relative grid min-w-0",
            selected && "xl:grid-cols-[minmax(0,1fr)_400px] xl:divide-x",
          )}
        >
          <div className="min-w-0">
            {away && tail.held.length > 0 ? (
              <Button
                size="sm"
                className="absolute top-8 left-1/2 z-10 -translate-x-1/2 shadow-pop"
                onClick={() => {
                  setAway(false);
                  setScrollKey(scrollKey + 1);
                }}
              >
                <ArrowUp className="size-3.5" aria-hidden /> {tail.held.length} new
              </Button>
            ) : null}
            {events.length === 0 ? (
              <QuietTail
                filtered={filter.length > 0 || kinds.length > 0}
                onCompose={() => setDraft(NEW_DRAFT)}
              />
            ) : (
              <Rows
                key={scrollKey}
                events={events}
                selected={selected?.id}
                compact={selected !== undefined}
                onSelect={(id) => setSelected(events.find((event) => event.id === id))}
                onAway={setAway}
              />
            )}
          </div>
          {selected ? (
            <Detail
              event={selected}
              traces={trace ? traces : undefined}
              onClose={() => setSelected(undefined)}
              onReplay={() => replay(selected)}
            />
          ) : null}
        </div>
      </Card>
      <Compose
        projectRef={projectRef}
        draft={draft ?? NEW_DRAFT}
        open={draft !== null}
        onOpenChange={(open) => setDraft(open ? (draft ?? NEW_DRAFT) : null)}
      />
    </>
  );
}

function exportEvents(events: readonly TapEvent[]): void {
  const lines = events.map((event) => JSON.stringify(event)).join("\n");
  download("messages.ndjson", lines, "application/x-ndjson");
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
