import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import type { Mark, Run } from "@tidewire/protocol/cluster/history";

/** What an entry costs beside its payload: objects, strings of the header, map entries. */
const ENTRY_OVERHEAD_BYTES = 400;

export interface Entry {
  readonly envelope: FanOutEnvelope;
  readonly storedAtMs: number;
  readonly bytes: number;
  /** Holds the place of a message whose id was already there: it was not delivered and is not replayed. */
  readonly repeated: boolean;
}

/** The messages of one origin that are here, and how old those are that are not. */
export interface Dated {
  /** Sorted by sequence number; there may be holes. */
  readonly entries: Entry[];
  /** Ascending in both: a mark that says less than another is not kept. */
  marks: readonly Mark[];
}

/** Marks come from drops, from heads that were news, and from what other nodes say; the latest are of most use. */
const MARKS_MAX = 4;

export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  if (marks.some(({ seq, atMs }) => seq >= mark.seq && atMs <= mark.atMs)) return marks;
  const others = marks.filter(({ seq, atMs }) => seq > mark.seq || atMs < mark.atMs);
  return [...others, mark].sort((a, b) => a.seq - b.seq).slice(-MARKS_MAX);
}

/** Index of the entry with this number, or where it would stand. */
export function placeOf(entries: readonly Entry[], seq: number): number {
  let [low, high] = [0, entries.length];
  // Nearly always the new one is the last one.
  const last = entries.at(-1);
  if (last === undefined || last.envelope.position.seq < seq) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.envelope.position.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function entriesAfter(entries: readonly Entry[], seq: number): Entry[] {
  return entries.slice(placeOf(entries, seq + 1));
}

/** Index of the first message that was accepted at `atMs` or later; behind the last when there is none. */
export function firstSince(entries: readonly Entry[], atMs: number): number {
  const first = entries.findIndex(({ envelope }) => envelope.acceptedAtMs >= atMs);
  return first === -1 ? entries.length : first;
}

/** The last message of an origin that is known to have been accepted by `atMs`. */
export function lastBy(atMs: number, { entries, marks }: Dated): number {
  const entry = entries[firstSince(entries, atMs + 1) - 1];
  const marked = marks.map((mark) => (mark.atMs <= atMs ? mark.seq : 0));
  return Math.max(entry?.envelope.position.seq ?? 0, ...marked);
}

/** Keeps the order inside each list, whatever the clocks of the origins say. */
export function mergeByTime(lists: readonly Entry[][]): Entry[] {
  const cursors = lists.filter((list) => list.length > 0).map((list) => ({ list, at: 0 }));
  if (cursors.length === 1) return cursors[0]?.list ?? [];
  const merged: Entry[] = [];
  const timeOf = ({ list, at }: { list: Entry[]; at: number }) =>
    list[at]?.envelope.acceptedAtMs ?? Number.POSITIVE_INFINITY;
  for (;;) {
    const next = cursors.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a), { list: [] as Entry[], at: 0 });
    const entry = next.list[next.at++];
    if (entry === undefined) return merged;
    merged.push(entry);
  }
}

export function sizeOf({ broadcast }: FanOutEnvelope): number {
  const payload = broadcast.form === "verbatim" ? broadcast.payloadJson.length : broadcast.payload.byteLength;
  return payload + ENTRY_OVERHEAD_BYTES;
}

/** The newest messages that are here without a hole between them. */
export function newestRun(entries: readonly Entry[]): Run | undefined {
  const last = entries.at(-1)?.envelope.position.seq;
  if (last === undefined) return undefined;
  let first = last;
  for (let at = entries.length - 2; entries[at]?.envelope.position.seq === first - 1; at--) first--;
  return [first, last];
}
