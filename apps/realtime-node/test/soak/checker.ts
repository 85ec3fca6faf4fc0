import { CLOCKS_APART_MS_MAX } from "../../src/clock.ts";
import {
  type Disturbance,
  type Heard,
  nameOf,
  type PresenceSample,
  type PresenceSpan,
  type Publication,
  type SoakRecord,
  type Stay,
} from "./record.ts";

export type Rule = "order" | "duplicate" | "loss" | "ghost" | "absent";

export interface Finding {
  rule: Rule;
  client: string;
  room: string;
  text: string;
}

export interface Verdict {
  findings: Finding[];
  /** So that a run in which nothing happened is not taken for a proof. */
  counts: {
    expected: number;
    heard: number;
    announced: number;
    /** Lost with all nodes that had it, announced or not. */
    unheld: number;
    samples: number;
    inversions: number;
  };
}

interface Tolerance {
  /** A message sent this soon after a join of its receiver may or may not be heard. */
  edgeMs: number;
  /** On its way for this long on a busy machine, when its receiver leaves or its connection is lost. */
  leaveMs: number;
  /** Promise P4: a dead client's presence, plus what a busy machine adds to the test's own clock. */
  ghostMs: number;
  /** From a track until everybody shows it; after a disturbance, or a join, until everything is shown. */
  absentMs: number;
}

export const TOLERANCE: Tolerance = { edgeMs: 1_000, leaveMs: 5_000, ghostMs: 13_000, absentMs: 10_000 };

/** Everything in a record that breaks a promise. Pure. */
export function check(record: SoakRecord, tolerance: Tolerance = TOLERANCE): Verdict {
  const verdict: Verdict = {
    findings: [],
    counts: {
      expected: 0,
      heard: 0,
      announced: 0,
      unheld: 0,
      samples: record.samples.length,
      inversions: 0,
    },
  };
  const places = placesOf(record);
  const publications = record.publications.map((each) => ({
    ...each,
    ...places.get(nameOf(each.room, each)),
  }));
  const byRoom = groupBy(publications, ({ room }) => room);
  for (const stay of record.stays) {
    const heard = stay.heard.map((each) =>
      each.origin === undefined ? { ...each, ...places.get(nameOf(stay.room, each)) } : each,
    );
    checkOrder({ ...stay, heard }, record, verdict);
    checkLosses(stay, byRoom.get(stay.room) ?? [], { record, tolerance, verdict });
  }
  checkPresence(record, tolerance, verdict);
  return verdict;
}

type Place = Pick<Heard, "origin" | "seq">;

/** Only clients that resume are told where a message stands; what they heard is true for the others as well. */
function placesOf({ publications, stays }: SoakRecord): Map<string, Place> {
  const places = new Map<string, Place>();
  const add = (name: string, { origin, seq }: Place) => {
    if (origin !== undefined && !places.has(name)) places.set(name, { origin, seq });
  };
  for (const each of publications) add(nameOf(each.room, each), each);
  for (const { room, heard } of stays) for (const each of heard) add(nameOf(room, each), each);
  return places;
}

/**
 * One publisher's messages ascend. Across two origins they may cross only around a time in which regions were apart:
 * then the older one was still on its way when its publisher had moved on (README of `@tidewire/client`).
 */
function checkOrder(
  stay: Stay,
  { publications, disturbances }: Pick<SoakRecord, "publications" | "disturbances">,
  { findings, counts }: Verdict,
): void {
  const { client, room, joinedAtMs } = stay;
  const isJustBefore = ({ publisher, n }: Heard) => {
    const { ackedAtMs = 0 } =
      publications.find((each) => each.room === room && each.publisher === publisher && each.n === n) ?? {};
    return ackedAtMs <= joinedAtMs && ackedAtMs >= joinedAtMs - CLOCKS_APART_MS_MAX - OPENING_MS;
  };
  const found = (rule: Rule, text: string) => findings.push({ rule, client, room, text });
  const last = new Map<string, Heard>();
  const seen = new Set<string>();
  for (const heard of stay.heard) {
    const { publisher, n, origin } = heard;
    const name = `${publisher} ${n}`;
    if (seen.has(name)) found("duplicate", `${name} at ${origin}:${heard.seq} a second time`);
    seen.add(name);
    const before = last.get(publisher);
    if (before === undefined || n > before.n) {
      last.set(publisher, heard);
      continue;
    }
    if (n === before.n) continue;
    counts.inversions++;
    const mayCross = origin !== before.origin && disturbances.some((each) => isAround(each, heard.atMs));
    // When it comes back it may be given a message of the moment before it first joined (decision 0026).
    if (!mayCross && !isJustBefore(heard))
      found("order", `${name} (${origin}:${heard.seq}) after ${before.n} (${before.origin}:${before.seq})`);
  }
}

/** A client knows of its join this much later than its node. */
const OPENING_MS = 500;

/** What regions that were apart said is heard, or announced, within this time (rule B36). */
const AFTERMATH_MS = 15_000;
/** The line is back, and gateways take this long to find each other: regions are still apart. */
const REUNION_MS = 5_000;
/** Between two nodes on a busy machine: accepted this soon before a cut, a message may not have come across. */
export const ON_ITS_WAY_MS = 1_000;

function isAround({ fromMs, toMs }: Disturbance, atMs: number): boolean {
  return atMs >= fromMs && atMs <= toMs + AFTERMATH_MS;
}

/** Every acknowledged message that was sent while the receiver was there is heard, or a gap that covers it announced. */
function checkLosses(
  stay: Stay,
  publications: readonly Publication[],
  { record, tolerance, verdict }: { record: SoakRecord; tolerance: Tolerance; verdict: Verdict },
): void {
  const { findings, counts } = verdict;
  const heard = new Set(stay.heard.map(({ publisher, n }) => `${publisher} ${n}`));
  counts.heard += heard.size;
  const leftAtMs = lastThereMs(stay);
  for (const publication of publications) {
    const { publisher, n, sentAtMs, ackedAtMs, origin, seq } = publication;
    if (publisher === stay.client || ackedAtMs === undefined) continue;
    if (sentAtMs < stay.joinedAtMs + tolerance.edgeMs) continue;
    if (dueMs(record.disturbances, ackedAtMs) + tolerance.leaveMs > leftAtMs) continue;
    counts.expected++;
    if (heard.has(`${publisher} ${n}`)) continue;
    if (publication.unheld) counts.unheld++;
    else if (isAnnounced(stay, publication, record.disturbances, tolerance)) counts.announced++;
    else {
      const text = `${publisher} ${n} (${origin}:${seq}), accepted ${ackedAtMs}, was not heard, and no gap announced`;
      findings.push({ rule: "loss", client: stay.client, room: stay.room, text });
    }
  }
}

/** An application may leave a room while its connection is lost: then it has not come back. */
function lastThereMs({ leftAtMs, awayMs }: Stay): number {
  const away = awayMs.at(-1);
  if (leftAtMs === undefined) return Number.POSITIVE_INFINITY;
  return away?.toMs === undefined ? Math.min(leftAtMs, away?.fromMs ?? leftAtMs) : leftAtMs;
}

/** While regions are apart a message may be on its way until they have found each other again. */
function dueMs(disturbances: readonly Disturbance[], ackedAtMs: number): number {
  const cuts = disturbances.filter(
    ({ kind, fromMs, toMs }) =>
      kind === "cut" && ackedAtMs >= fromMs - ON_ITS_WAY_MS && ackedAtMs <= toMs + REUNION_MS,
  );
  return Math.max(ackedAtMs, ...cuts.map(({ toMs }) => toMs + AFTERMATH_MS));
}

function isAnnounced(
  { gaps, awayMs }: Stay,
  { origin, seq, sentAtMs, ackedAtMs = 0 }: Publication,
  disturbances: readonly Disturbance[],
  { leaveMs }: Tolerance,
): boolean {
  return gaps.some((gap) => {
    if (gap.origin !== undefined) {
      const { fromSeq = 0, toSeq = 0 } = gap;
      return gap.origin === origin && seq !== undefined && seq >= fromSeq && seq <= toSeq;
    }
    // "While you were away": it had not come when the connection before this gap was lost.
    const away = awayMs.findLast(({ fromMs }) => fromMs <= gap.atMs);
    return (
      away !== undefined && dueMs(disturbances, ackedAtMs) + leaveMs >= away.fromMs && sentAtMs <= gap.atMs
    );
  });
}

function checkPresence(record: SoakRecord, tolerance: Tolerance, { findings }: Verdict): void {
  const spans = groupBy(record.spans, ({ room }) => room);
  for (const sample of record.samples) {
    const ofRoom = spans.get(sample.room) ?? [];
    const found = (rule: Rule, text: string) =>
      findings.push({ rule, client: sample.observer, room: sample.room, text });
    for (const key of sample.keys) {
      const lastMs = lastPresentMs(ofRoom, key, sample.atMs);
      if (sample.atMs - lastMs > tolerance.ghostMs) {
        found("ghost", `${key} shown at ${sample.atMs}, last there at ${lastMs}`);
      }
    }
    // Who has just joined may not have heard of everybody (decision 0007).
    const own = ofRoom.findLast(({ key, fromMs }) => key === sample.observer && fromMs <= sample.atMs);
    if (own !== undefined && own.fromMs > sample.atMs - tolerance.absentMs) continue;
    if (isDisturbed(record.disturbances, sample, tolerance)) continue;
    for (const { key, fromMs, toMs = Number.POSITIVE_INFINITY } of ofRoom) {
      const isSettled = fromMs < sample.atMs - tolerance.absentMs && toMs > sample.atMs;
      if (isSettled && !sample.keys.includes(key))
        found("absent", `${key} not shown at ${sample.atMs}, there since ${fromMs}`);
    }
  }
}

function lastPresentMs(spans: readonly PresenceSpan[], key: string, atMs: number): number {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    if (span.key !== key || span.fromMs > atMs) continue;
    lastMs = Math.max(lastMs, Math.min(span.toMs ?? atMs, atMs));
  }
  return lastMs;
}

/** Members on nodes that cannot be reached are not shown: that is promised, and takes its time to end. */
function isDisturbed(
  disturbances: readonly Disturbance[],
  { atMs }: PresenceSample,
  { absentMs }: Tolerance,
): boolean {
  return disturbances.some(
    ({ kind, fromMs, toMs }) => kind === "cut" && atMs >= fromMs && atMs <= toMs + absentMs,
  );
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
