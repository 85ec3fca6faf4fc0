import type { TapEvent } from "@tidewire/protocol/cluster/tap";

/** Rows kept; beyond it the oldest go. At 200 rows a second this is ten seconds, which nobody reads either. */
export const ROWS_MAX = 2_000;
/** Rates are taken over this time: long enough to be calm, short enough to be now. */
const RATE_WINDOW_MS = 3_000;

interface Count {
  atMs: number;
  seen: number;
  dropped: number;
}

export interface Tail {
  /** Newest first. */
  rows: readonly TapEvent[];
  /** Arrived while the reader held the tail; newest first. */
  held: readonly TapEvent[];
  /** Held events that went because there were more than {@link ROWS_MAX}. */
  heldLost: number;
  counts: readonly Count[];
}

export const EMPTY_TAIL: Tail = { rows: [], held: [], heldLost: 0, counts: [] };

const NOTHING = { seen: 0, dropped: 0 };

interface Parcel {
  atMs: number;
  events: readonly TapEvent[];
  seen: number;
  dropped: number;
}

/**
 * Adds a parcel on top, or to what is held. Events that are here already are left out: after a reconnect or a change of
 * the filter nodes tell their recent events again. Such a parcel is not `counted`: its events are of any age, and a rate
 * made of them would be an invention.
 */
export function append(tail: Tail, parcel: Parcel, hold: boolean, counted = true): Tail {
  const { atMs } = parcel;
  const { seen, dropped } = counted ? parcel : NOTHING;
  const counts = [
    ...tail.counts.filter((count) => atMs - count.atMs < RATE_WINDOW_MS),
    { atMs, seen, dropped },
  ];
  const known = new Set([...tail.rows, ...tail.held].map(({ id }) => id));
  const fresh = parcel.events.filter(({ id }) => !known.has(id)).sort((a, b) => b.atMs - a.atMs);
  if (!hold) return { ...tail, counts, rows: onTop(fresh, tail.rows).slice(0, ROWS_MAX) };
  const held = onTop(fresh, tail.held);
  return {
    ...tail,
    counts,
    held: held.slice(0, ROWS_MAX),
    heldLost: tail.heldLost + Math.max(0, held.length - ROWS_MAX),
  };
}

/** What was held comes on top. */
export function release(tail: Tail): Tail {
  return { ...tail, rows: onTop(tail.held, tail.rows).slice(0, ROWS_MAX), held: [], heldLost: 0 };
}

export function clear(tail: Tail): Tail {
  return { ...EMPTY_TAIL, counts: tail.counts };
}

export interface TailRate {
  seenPerSecond: number;
  shownPerSecond: number;
}

/** Events per second that matched, and that were sent here, as of `nowMs`. */
export function rateOf({ counts }: Tail, nowMs: number): TailRate {
  const recent = counts.filter(({ atMs }) => nowMs - atMs < RATE_WINDOW_MS);
  const seen = recent.reduce((sum, count) => sum + count.seen, 0);
  const dropped = recent.reduce((sum, count) => sum + count.dropped, 0);
  const seconds = RATE_WINDOW_MS / 1_000;
  return { seenPerSecond: seen / seconds, shownPerSecond: (seen - dropped) / seconds };
}

/** Nodes' parcels overlap in time by moments; rows near the top are put in order, older ones stay where they were read. */
function onTop(fresh: readonly TapEvent[], rows: readonly TapEvent[]): readonly TapEvent[] {
  const oldest = fresh.at(-1);
  if (!oldest) return rows;
  const overlap = rows.findIndex((row) => row.atMs <= oldest.atMs);
  const cut = overlap < 0 ? rows.length : overlap;
  const mixed = [...fresh, ...rows.slice(0, cut)].sort((a, b) => b.atMs - a.atMs);
  return [...mixed, ...rows.slice(cut)];
}
