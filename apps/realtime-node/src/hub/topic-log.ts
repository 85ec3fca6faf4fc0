import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import type {
  HistoryAnswer,
  HistoryHead,
  HistoryRequest,
  Mark,
  Run,
} from "@tidewire/protocol/cluster/history";
import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { CLOCKS_APART_MS_MAX } from "../clock.ts";
import { idOf } from "./fan-out.ts";
import {
  type Dated,
  type Entry,
  entriesAfter,
  firstSince,
  lastBy,
  mergeByTime,
  newestRun,
  placeOf,
  sizeOf,
  withMark,
} from "./topic-entries.ts";

interface OriginLog extends Dated {
  /** The highest number known to exist, whether or not the entry is still here. */
  head: number;
}

const NO_RUN = [Number.POSITIVE_INFINITY, 0] as const;

/** Last position that a client or a node has, per origin. */
export type Positions = Readonly<Record<string, number>>;

/** What a client says of itself when it comes back (difference D6). */
export interface ResumePoint {
  positions: Positions;
  /** When it began to listen, by the clock of the node that let it in. */
  sinceMs?: number;
}

export interface Missed {
  /** Per origin in order; across origins by time of acceptance. */
  envelopes: FanOutEnvelope[];
  /** How far a client is that has been handed them, of the origins that it named. */
  positions: Positions;
  /** A sentence about what is no longer known; absent when nothing is. */
  missing?: string;
}

/** The last broadcasts of one room. Bounds and ages are the business of `History`. */
export class TopicLog {
  readonly #origins = new Map<string, OriginLog>();
  /** Every place of an id, the one that was delivered first. */
  readonly #places = new Map<string, BroadcastPosition[]>();
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest entry was stored; undefined when there is none. */
  get oldestMs(): number | undefined {
    return this.#oldest()?.entries[0]?.storedAtMs;
  }

  /** Where the message with this id, given by its sender, stands. */
  find(id: string): BroadcastPosition | undefined {
    return this.#places.get(id)?.[0];
  }

  /** @returns false when the entry was already there */
  add(envelope: FanOutEnvelope, storedAtMs: number): boolean {
    const { origin, seq } = envelope.position;
    const log = this.#origin(origin);
    const at = placeOf(log.entries, seq);
    if (log.entries[at]?.envelope.position.seq === seq) return false;
    const id = idOf(envelope.broadcast);
    const places = (id === undefined ? undefined : this.#places.get(id)) ?? [];
    const repeated = places.length > 0;
    const entry = { envelope, storedAtMs, bytes: sizeOf(envelope), repeated };
    if (at === log.entries.length) log.entries.push(entry);
    else log.entries.splice(at, 0, entry);
    log.head = Math.max(log.head, seq);
    if (id !== undefined) this.#places.set(id, [...places, envelope.position]);
    this.#count++;
    this.#bytes += entry.bytes;
    return true;
  }

  /** Messages up to `seq` are known to exist by `atMs`. */
  learn(origin: string, seq: number, atMs: number): void {
    const log = this.#origin(origin);
    if (seq <= log.head) return;
    log.head = seq;
    log.marks = withMark(log.marks, { seq, atMs });
  }

  /** Another node knows how old the messages are that lie before the ones here. */
  date(origin: string, mark: Mark): void {
    const log = this.#origin(origin);
    log.marks = withMark(log.marks, mark);
  }

  /** Whether anything of an origin that `isMeant` is here. */
  holds(isMeant: (origin: string) => boolean): boolean {
    return [...this.#origins].some(([origin, { entries }]) => entries.length > 0 && isMeant(origin));
  }

  /** For another node: how old messages of this origin are, whether they are here or not; and those before `sinceMs`. */
  marks(origin: string, sinceMs = 0): Mark[] {
    const { marks = [], entries = [] } = this.#origins.get(origin) ?? {};
    const last = entries[firstSince(entries, sinceMs) - 1]?.envelope;
    return last === undefined ? [...marks] : [...marks, { seq: last.position.seq, atMs: last.acceptedAtMs }];
  }

  /** The last message of an origin that is known to have been accepted by then; 0 when nothing is known. */
  lastBy(origin: string, atMs: number): number {
    const log = this.#origins.get(origin);
    return log === undefined ? 0 : lastBy(atMs, log);
  }

  heads(): Record<string, number> {
    return Object.fromEntries([...this.#origins].map(([origin, { head }]) => [origin, head]));
  }

  dropOldest(): void {
    const log = this.#oldest();
    const entry = log?.entries.shift();
    if (log === undefined || entry === undefined) return;
    const { position, acceptedAtMs } = entry.envelope;
    log.marks = withMark(log.marks, { seq: position.seq, atMs: acceptedAtMs });
    this.#count--;
    this.#bytes -= entry.bytes;
    this.#forgetPlace(entry.envelope);
  }

  /** For another node: all that is here after `after`; of origins that it does not name everything, or nothing. */
  after({ after, onlyNamed, sinceMs = 0, held = {} }: Omit<HistoryRequest, "room">): FanOutEnvelope[] {
    const found: FanOutEnvelope[] = [];
    for (const [origin, { entries }] of this.#origins) {
      const from = after[origin];
      if (from !== undefined) {
        for (const { envelope } of entriesAfter(entries, from)) found.push(envelope);
      } else if (!onlyNamed) {
        const [firstHeld, lastHeld] = held[origin] ?? NO_RUN;
        for (const { envelope } of entries.slice(firstSince(entries, sinceMs))) {
          const { seq } = envelope.position;
          if (seq < firstHeld || seq > lastHeld) found.push(envelope);
        }
      }
    }
    return found;
  }

  /** The newest messages of each origin that are here without a hole between them. */
  runs(): Record<string, Run> {
    const runs: Record<string, Run> = {};
    for (const [origin, { entries }] of this.#origins) {
      const run = newestRun(entries);
      if (run !== undefined) runs[origin] = run;
    }
    return runs;
  }

  /** For another node: all that is here of these origins, and how far they have counted. */
  of(isMeant: (origin: string) => boolean): HistoryAnswer {
    const heads: HistoryHead[] = [];
    const envelopes: FanOutEnvelope[] = [];
    for (const [origin, { head, entries }] of this.#origins) {
      if (entries.length === 0 || !isMeant(origin)) continue;
      heads.push({ origin, seq: head, marks: this.marks(origin) });
      for (const { envelope } of entries) envelopes.push(envelope);
    }
    return { heads, envelopes };
  }

  /**
   * For a client that comes back (difference D6). An origin that it does not name sent nothing while it was here, so of
   * that origin it missed what was accepted since it began to listen; when it does not say since when, what was accepted
   * after the last message it has: then a client that has nothing missed nothing. Clocks differ, so a message of the
   * seconds before its join may be among them, which is better than one that is lost.
   *
   * @param served how far members of this room have been served: what is behind that is still to come live
   */
  missed({ positions, sinceMs, served = this.heads() }: ResumePoint & { served?: Positions }): Missed {
    const found: Entry[][] = [];
    const missing: string[] = [];
    // It was told positions when it joined; what came late behind them may be older than that.
    const listensSinceMs = (sinceMs ?? 0) - CLOCKS_APART_MS_MAX;
    for (const [origin, seq] of Object.entries(positions)) {
      const entries = entriesAfter(this.#origins.get(origin)?.entries ?? [], seq);
      found.push(entries.filter(({ envelope }) => envelope.acceptedAtMs >= listensSinceMs));
      const servedSeq = served[origin];
      const absent = servedSeq === undefined ? undefined : servedSeq - seq - entries.length;
      if (absent === undefined) {
        if (seq > 0) missing.push(`nothing is known of ${origin} after ${seq}`);
      } else if (absent > 0) missing.push(`${absent} messages of ${origin} after ${seq} are no longer known`);
    }
    const begunMs = sinceMs === undefined ? this.#lastSeenMs(positions) : listensSinceMs;
    for (const [origin, log] of this.#origins) {
      if (Object.hasOwn(positions, origin)) continue;
      const last = lastBy(begunMs, log);
      const entries = entriesAfter(log.entries, last);
      found.push(entries);
      const absent = sinceMs === undefined ? 0 : (served[origin] ?? 0) - last - entries.length;
      if (absent > 0) missing.push(`${absent} messages of ${origin} accepted meanwhile are not known`);
    }
    const envelopes = mergeByTime(found).flatMap((entry) =>
      entry.repeated || this.#isHad(entry.envelope, positions) ? [] : [entry.envelope],
    );
    const reached = advance(positions, envelopes);
    if (missing.length === 0) return { envelopes, positions: reached };
    return { envelopes, positions: reached, missing: missing.join("; ") };
  }

  /** Its sender gave it to two nodes, and the client has it from the other one. */
  #isHad({ broadcast, position }: FanOutEnvelope, positions: Positions): boolean {
    const id = idOf(broadcast);
    const places = (id === undefined ? undefined : this.#places.get(id)) ?? [];
    return places.some(
      (place) => place.origin !== position.origin && place.seq <= (positions[place.origin] ?? 0),
    );
  }

  #forgetPlace({ broadcast, position }: FanOutEnvelope): void {
    const id = idOf(broadcast);
    if (id === undefined) return;
    const left = (this.#places.get(id) ?? []).filter(
      ({ origin, seq }) => origin !== position.origin || seq !== position.seq,
    );
    if (left.length === 0) this.#places.delete(id);
    else this.#places.set(id, left);
  }

  /** When the newest message that a client has was accepted; never, if none of them is here any more. */
  #lastSeenMs(positions: Positions): number {
    let lastMs = Object.keys(positions).length === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (const [origin, seq] of Object.entries(positions)) {
      const entries = this.#origins.get(origin)?.entries ?? [];
      const entry = entries[placeOf(entries, seq)];
      if (entry?.envelope.position.seq === seq) lastMs = Math.max(lastMs, entry.envelope.acceptedAtMs);
    }
    return lastMs;
  }

  #origin(origin: string): OriginLog {
    const known = this.#origins.get(origin);
    if (known !== undefined) return known;
    const log = { entries: [], head: 0, marks: [] };
    this.#origins.set(origin, log);
    return log;
  }

  #oldest(): OriginLog | undefined {
    let oldest: OriginLog | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const log of this.#origins.values()) {
      const first = log.entries[0];
      if (first === undefined || first.storedAtMs >= oldestMs) continue;
      oldest = log;
      oldestMs = first.storedAtMs;
    }
    return oldest;
  }
}

function advance(from: Positions, envelopes: readonly FanOutEnvelope[]): Positions {
  const positions = { ...from };
  for (const { position } of envelopes) {
    if (positions[position.origin] === position.seq - 1) positions[position.origin] = position.seq;
  }
  return positions;
}
