"use client";
import type { PresenceEviction } from "@tidewire/protocol/cluster/inspect";
import { useMemo } from "react";
import { formatCount, formatMs } from "#lib/format.ts";
import { Card, CardHeader } from "#ui/card.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { ClockTime } from "#ui/relative-time.tsx";
import { countByCause, describeCause, silenceP99 } from "./departures.ts";

const COLUMNS: Column<PresenceEviction>[] = [
  {
    id: "at",
    header: "Time",
    width: "120px",
    value: ({ atMs }) => atMs,
    cell: ({ atMs }) => <ClockTime atMs={atMs} className="text-xs" />,
  },
  {
    id: "key",
    header: "Key",
    mono: true,
    value: ({ key }) => key,
  },
  {
    id: "topic",
    header: "Topic",
    mono: true,
    value: ({ topic }) => topic,
  },
  {
    id: "cause",
    header: "Cause",
    filter: true,
    value: ({ cause }) => cause,
    cell: (departure) => describeCause(departure),
  },
  {
    id: "node",
    header: "Node",
    width: "140px",
    mono: true,
    value: ({ node }) => node,
  },
];

/** Who left lately, and why: the ghosts apart from those who said goodbye. */
export function DeparturePanel({ departures }: { departures: readonly PresenceEviction[] }) {
  const causes = useMemo(() => countByCause(departures), [departures]);
  const p99 = silenceP99(departures);
  const most = causes[0]?.count ?? 0;
  return (
    <Card aria-label="Departures">
      <CardHeader
        title="Departures"
        description={
          p99 === null
            ? "Nobody had to be evicted for silence."
            : `Ghosts stayed ${formatMs(p99)} at most (p99 of silence before eviction).`
        }
      />
      {causes.length > 0 ? (
        <ul
          aria-label="Departures by cause"
          className="grid gap-x-6 gap-y-1.5 border-t px-4 py-3 sm:grid-cols-2"
        >
          {causes.map(({ cause, words, count }) => (
            <li key={cause} className="grid grid-cols-[10rem_minmax(0,1fr)_3rem] items-center gap-2 text-xs">
              <span className="text-muted">{words}</span>
              <span className="h-1.5 rounded-full bg-raised" aria-hidden>
                <span
                  className="block h-full rounded-full bg-accent"
                  style={{ width: `${(count / most) * 100}%` }}
                />
              </span>
              <span className="text-right">{formatCount(count)}</span>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="border-t">
        <DataTable
          label="Departures"
          name="d."
          columns={COLUMNS}
          rows={departures}
          rowKey={({ atMs, key, topic, node, cause }) => `${atMs} ${key} ${topic} ${node} ${cause}`}
          maxHeight="40vh"
          empty={
            <p className="p-6 text-center text-muted text-sm">
              Nobody has left yet. Who leaves appears here with the cause.
            </p>
          }
        />
      </div>
    </Card>
  );
}
