"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { Lock } from "lucide-react";
import { type KeyboardEvent, useRef } from "react";
import { formatBytes, formatCount, formatLatency } from "#lib/format.ts";
import { Badge } from "#ui/badge.tsx";
import { cn } from "#ui/class-names.ts";
import { ClockTime } from "#ui/relative-time.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { KIND_TONE } from "./kinds.ts";

interface RowsProps {
  /** Newest first. */
  events: readonly TapEvent[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** A detail pane stands beside the rows. */
  compact: boolean;
  /** The reader has scrolled away from the newest row: it must not move under the eyes. */
  onAway: (away: boolean) => void;
}

const ROW_PX = 28;
interface ColumnSpec {
  header: string;
  width?: string;
  right?: true;
  /** Left out while the detail pane, which tells the same, takes its room. */
  roomy?: true;
}

const COLUMNS: readonly ColumnSpec[] = [
  { header: "Time", width: "6.75rem" },
  { header: "Kind", width: "5.75rem" },
  { header: "Topic", width: "28%" },
  { header: "Event" },
  { header: "From", roomy: true },
  { header: "Size", width: "4.75rem", right: true, roomy: true },
  { header: "Recipients", width: "5.5rem", right: true },
  { header: "Latency", width: "5rem", right: true },
];

export function Rows({ events, selected, onSelect, compact, onAway }: RowsProps) {
  const columns = COLUMNS.filter(({ roomy }) => !(compact && roomy));
  const scroller = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => events[index]?.id ?? index,
    overscan: 20,
  });
  const items = virtualizer.getVirtualItems();
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const at = events.findIndex(({ id }) => id === selected);
      const next = Math.min(events.length - 1, Math.max(0, at + step));
      onSelect(events[next]?.id);
      virtualizer.scrollToIndex(next);
    } else if (event.key === "Escape") onSelect(undefined);
  };

  return (
    <ScrollRegion
      ref={scroller}
      label="Messages, newest first; arrow keys select"
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => onAway(currentTarget.scrollTop > ROW_PX)}
      className="h-[64vh] min-w-0 overflow-auto focus-visible:-outline-offset-2"
    >
      <table
        aria-label="Messages"
        aria-rowcount={events.length}
        className="w-full min-w-[640px] table-fixed text-xs"
      >
        <thead>
          <tr>
            {columns.map(({ header, width, right }) => (
              <th
                key={header}
                scope="col"
                style={width ? { width } : undefined}
                className={cn(
                  "sticky top-0 z-10 bg-surface px-2 py-1.5 font-medium text-faint shadow-[inset_0_-1px_0_var(--line)] first:pl-3 last:pr-3",
                  right ? "text-right" : "text-left",
                )}
              >
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={items[0]?.start ?? 0} columns={columns.length} />
          {items.map(({ index }) => {
            const event = events[index];
            return event ? (
              <Row
                key={event.id}
                event={event}
                compact={compact}
                selected={event.id === selected}
                onSelect={() => onSelect(event.id === selected ? undefined : event.id)}
              />
            ) : null;
          })}
          <Spacer height={after} columns={columns.length} />
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** One column too many would be a column of the table, and take its share of the width. */
function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface RowProps {
  event: TapEvent;
  compact: boolean;
  selected: boolean;
  onSelect: () => void;
}

/** Fades in when it is this new. */
const NEW_MS = 1_500;

function Row({ event, compact, selected, onSelect }: RowProps) {
  const isNew = Date.now() - event.atMs < NEW_MS;
  const { kind, topic, code, message, user, from, sizeBytes, recipients, latencyMs } = event;
  return (
    <tr
      aria-current={selected || undefined}
      onClick={onSelect}
      style={{ height: ROW_PX }}
      className={cn(
        "cursor-pointer border-line/50 border-b hover:bg-raised/60",
        selected ? "bg-accent-soft hover:bg-accent-soft" : isNew && "appears",
        kind === "refusal" && "text-bad",
      )}
    >
      <td className="px-2 pl-3 text-faint">
        <ClockTime atMs={event.atMs} />
      </td>
      <td className="px-2">
        <Badge tone={KIND_TONE[kind]}>{kind}</Badge>
      </td>
      <td className="truncate px-2 font-mono">
        {event.private ? <Lock className="mr-1 inline size-3 text-faint" aria-label="private" /> : null}
        {topic ?? ""}
      </td>
      <td className="truncate px-2 font-mono">{code ?? event.event ?? message ?? ""}</td>
      {compact ? null : (
        <>
          <td className="truncate px-2 font-mono text-muted">{user ?? from ?? ""}</td>
          <td className="px-2 text-right text-muted">
            {sizeBytes === undefined ? "" : formatBytes(sizeBytes)}
          </td>
        </>
      )}
      <td className="px-2 text-right text-muted">
        {recipients === undefined ? "" : formatCount(recipients)}
      </td>
      <td className="px-2 pr-3 text-right text-muted">
        {latencyMs === undefined ? "" : formatLatency(latencyMs)}
      </td>
    </tr>
  );
}
