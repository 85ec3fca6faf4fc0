"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { TapEvent } from "@tidewire/protocol/cluster/inspect";
import { Lock } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { formatBytes, formatCount, formatMs } from "#lib/format.ts";
import { Badge } from "#ui/badge.tsx";
import { cn } from "#ui/class-names.ts";
import { ClockTime } from "#ui/relative-time.tsx";
import { KIND_TONE } from "./kinds.ts";

interface RowsProps {
  /** Newest first. */
  events: readonly TapEvent[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** The reader has scrolled away from the newest row: it must not move under the eyes. */
  onAway: (away: boolean) => void;
}

const ROW_PX = 28;
const COLUMNS =
  "grid-cols-[6.5rem_5.25rem_minmax(6.5rem,1.4fr)_minmax(5.5rem,1fr)_minmax(5.5rem,1fr)_4rem_4.75rem_4.25rem]";
const HEADERS = ["Time", "Kind", "Topic", "Event", "From", "Size", "Recipients", "Latency"];

export function Rows({ events, selected, onSelect, onAway }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => events[index]?.id ?? index,
    overscan: 20,
  });
  const at = events.findIndex(({ id }) => id === selected);
  useEffect(() => {
    if (at >= 0 && document.activeElement === scroller.current) virtualizer.scrollToIndex(at);
  }, [at, virtualizer]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      onSelect(events[Math.min(events.length - 1, Math.max(0, at + step))]?.id);
    } else if (event.key === "Escape") onSelect(undefined);
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label="Messages"
      aria-rowcount={events.length}
      aria-activedescendant={selected ? `row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => onAway(currentTarget.scrollTop > ROW_PX)}
      className="h-[64vh] min-w-0 overflow-auto focus-visible:-outline-offset-2"
    >
      <div className="min-w-[710px]">
        {/* biome-ignore lint/a11y/useSemanticElements: rows of a virtual list are placed, which a table does not allow */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus for its rows */}
        <div
          role="row"
          className={cn("sticky top-0 z-10 grid border-b bg-surface px-3 py-1.5 text-faint text-xs", COLUMNS)}
        >
          {HEADERS.map((header, index) => (
            <span key={header} role="columnheader" className={cn(index >= 5 && "text-right")}>
              {header}
            </span>
          ))}
        </div>
        <div style={{ height: virtualizer.getTotalSize() }} className="relative" role="rowgroup">
          {virtualizer.getVirtualItems().map((item) => {
            const event = events[item.index];
            return event ? (
              <Row
                key={event.id}
                event={event}
                top={item.start}
                selected={event.id === selected}
                onSelect={() => onSelect(event.id === selected ? undefined : event.id)}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  event: TapEvent;
  top: number;
  selected: boolean;
  onSelect: () => void;
}

function Row({ event, top, selected, onSelect }: RowProps) {
  const isNew = Date.now() - event.atMs < 1_500;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list above handles the keys for its options
    <div
      id={`row-${event.id}`}
      role="row"
      aria-selected={selected}
      tabIndex={-1}
      onClick={onSelect}
      style={{ top, height: ROW_PX }}
      className={cn(
        "absolute inset-x-0 grid cursor-pointer items-center border-line/50 border-b px-3 text-xs hover:bg-raised/60",
        COLUMNS,
        selected ? "bg-accent-soft hover:bg-accent-soft" : isNew && "appears",
        event.kind === "refusal" && "text-bad",
      )}
    >
      <span role="gridcell">
        <ClockTime atMs={event.atMs} className="text-faint" />
      </span>
      <span role="gridcell">
        <Badge tone={KIND_TONE[event.kind]}>{event.kind}</Badge>
      </span>
      <span role="gridcell" className="truncate pr-3 font-mono">
        {event.private ? <Lock className="mr-1 inline size-3 text-faint" aria-label="private" /> : null}
        {event.topic ?? ""}
      </span>
      <span role="gridcell" className="truncate pr-3 font-mono">
        {event.code ?? event.event ?? event.message ?? ""}
      </span>
      <span role="gridcell" className="truncate pr-3 font-mono text-muted">
        {event.user ?? event.from ?? ""}
      </span>
      <span role="gridcell" className="text-right text-muted">
        {event.sizeBytes === undefined ? "" : formatBytes(event.sizeBytes)}
      </span>
      <span role="gridcell" className="text-right text-muted">
        {event.recipients === undefined ? "" : formatCount(event.recipients)}
      </span>
      <span role="gridcell" className="text-right text-muted">
        {event.latencyMs === undefined ? "" : formatMs(event.latencyMs)}
      </span>
    </div>
  );
}
