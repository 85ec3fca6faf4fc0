import type { LogEntry, LogParcel } from "#server/views/logs.ts";

/** Rows kept; beyond it the oldest go. */
export const ROWS_MAX = 2_000;

export interface Log {
  /** Newest first. */
  rows: readonly LogEntry[];
  /** Arrived while the reader held the log. */
  held: readonly LogEntry[];
  /** Events that nodes had and could not send. */
  dropped: number;
}

export const EMPTY_LOG: Log = { rows: [], held: [], dropped: 0 };

/** Adds a parcel, to what is shown or to what is held. What is known already stays as it is: streams begin anew. */
export function append(log: Log, parcel: Pick<LogParcel, "entries" | "dropped">, hold: boolean): Log {
  const known = new Set([...log.rows, ...log.held].map(({ id }) => id));
  const fresh = parcel.entries.filter(({ id }) => !known.has(id));
  const dropped = log.dropped + parcel.dropped;
  if (fresh.length === 0 && dropped === log.dropped) return log;
  return hold
    ? { ...log, dropped, held: merge(fresh, log.held) }
    : { ...log, dropped, rows: merge(fresh, log.rows) };
}

/** What was held is shown. */
export function release(log: Log): Log {
  return log.held.length === 0 ? log : { ...log, rows: merge(log.held, log.rows), held: [] };
}

function merge(fresh: readonly LogEntry[], rows: readonly LogEntry[]): LogEntry[] {
  return [...fresh, ...rows].sort((a, b) => b.atMs - a.atMs).slice(0, ROWS_MAX);
}
