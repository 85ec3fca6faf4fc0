"use client";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { Reply, X } from "lucide-react";
import Link from "next/link";
import { formatBytes, formatCount, formatLatency } from "#lib/format.ts";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { JsonTree } from "#ui/json-tree.tsx";
import { ClockTime } from "#ui/relative-time.tsx";
import { Waterfall } from "#ui/waterfall.tsx";
import { KIND_TONE } from "./kinds.ts";
import { toSpans } from "./spans.ts";
import { TraceView } from "./trace-view.tsx";
import { hopsOf, type Traces } from "./traces.ts";

interface DetailProps {
  event: TapEvent;
  /** The ways of broadcasts through the nodes, as far as they are known; undefined while nobody traces. */
  traces?: Traces | undefined;
  onClose: () => void;
  /** Takes the captured message into the composer. */
  onReplay: () => void;
}

/** Everything known of one event: payload, stages with their times, and where it came from. */
export function Detail({ event, traces, onClose, onReplay }: DetailProps) {
  const spans = toSpans(event.times ?? {});
  return (
    <aside
      aria-label="Message detail"
      className="flex max-h-[64vh] min-w-0 flex-col gap-4 overflow-y-auto bg-surface p-4 max-xl:fixed max-xl:inset-x-0 max-xl:bottom-0 max-xl:z-30 max-xl:border-t max-xl:shadow-pop"
    >
      <header className="flex items-start gap-2">
        <Badge tone={KIND_TONE[event.kind]} className="mt-0.5">
          {event.kind}
        </Badge>
        <h2 className="min-w-0 flex-1 break-all font-mono text-sm">
          {event.topic ?? event.event ?? event.code}
        </h2>
        {event.kind === "broadcast" && event.topic !== undefined ? (
          <Button variant="ghost" size="sm" onClick={onReplay} disabled={event.truncated}>
            <Reply className="size-3.5" aria-hidden /> Replay
          </Button>
        ) : null}
        <Button variant="ghost" size="icon-sm" aria-label="Close detail" onClick={onClose}>
          <X className="size-4" aria-hidden />
        </Button>
      </header>
      {event.code ? (
        <p className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-sm">
          <span className="font-mono text-bad text-xs">{event.code}</span> {event.message}
        </p>
      ) : event.message ? (
        <p className="text-sm">{event.message}</p>
      ) : null}
      {event.payload === undefined ? null : (
        <section aria-label="Payload" className="flex flex-col gap-1.5">
          <h3 className="text-faint text-xs">
            Payload{event.truncated ? ` (the first 8 KiB of ${formatBytes(event.sizeBytes)})` : ""}
          </h3>
          <JsonTree text={event.payload} label="Payload as JSON" className="max-h-80" />
        </section>
      )}
      {spans.length > 0 ? (
        <section aria-label="Times" className="flex flex-col gap-1.5">
          <h3 className="text-faint text-xs">Times</h3>
          <Waterfall label="Stages" spans={spans} />
        </section>
      ) : null}
      {traces === undefined || event.position === undefined ? null : (
        <TraceView hops={hopsOf(traces, event)} hopsDropped={traces.dropped} />
      )}
      <section aria-label="Headers" className="flex flex-col gap-1.5">
        <h3 className="text-faint text-xs">Headers</h3>
        <Headers event={event} />
      </section>
    </aside>
  );
}

function Headers({ event }: { event: TapEvent }) {
  const { position, from } = event;
  const items = [
    { term: "Time", value: <ClockTime atMs={event.atMs} className="text-xs" /> },
    { term: "Event", value: event.event },
    { term: "Channel", value: event.topic === undefined ? undefined : event.private ? "private" : "public" },
    { term: "From", value: from === undefined ? undefined : <From from={from} projectRef={event.ref} /> },
    { term: "User", value: event.user && <Copyable text={event.user} what="user" /> },
    { term: "Node", value: <Copyable text={event.node} what="node" /> },
    { term: "Recipients", value: event.recipients === undefined ? undefined : formatCount(event.recipients) },
    { term: "Size", value: event.sizeBytes === undefined ? undefined : formatBytes(event.sizeBytes) },
    { term: "Latency", value: event.latencyMs === undefined ? undefined : formatLatency(event.latencyMs) },
    { term: "Sequence", value: position && `${formatCount(position.seq)} of origin ${position.origin}` },
    { term: "Id", value: <Copyable text={event.id} what="event id" /> },
  ];
  return <DefinitionList items={items.filter(({ value }) => value !== undefined && value !== "")} />;
}

/** `rest` and `database` are no connections. */
function From({ from, projectRef }: { from: string; projectRef: string }) {
  if (from === "rest" || from === "database") return <>{from}</>;
  return (
    <Link
      href={`/projects/${projectRef}/connections?q=${encodeURIComponent(from)}`}
      className="break-all font-mono text-accent text-xs hover:underline"
    >
      {from}
    </Link>
  );
}
