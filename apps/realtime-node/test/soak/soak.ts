import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "@tidewire/testkit/eventually";
import { type SeededRandom, seededRandom } from "@tidewire/testkit/seeded-random";
import { check, ON_ITS_WAY_MS, type Verdict } from "./checker.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { createLiveMember } from "./live-member.ts";
import type { MemberOptions, SoakMember } from "./member.ts";
import { createPlainMember } from "./plain-member.ts";
import { createRawMember } from "./raw-member.ts";
import { emptyRecord, nameOf, type SoakRecord } from "./record.ts";
import { createSchedule, type SoakPlan, type Step } from "./schedule.ts";

export interface SoakOptions extends SoakPlan {
  clients: number;
  rooms: number;
  /** Shortest and longest pause of a client between two actions. */
  actionMs: readonly [number, number];
  log(line: string): void;
}

export interface SoakResult {
  verdict: Verdict;
  record: SoakRecord;
  complaints: string[];
}

const SAMPLE_MS = 1_000;
/** After a cut a node may be killed before it was asked for what the other side missed. */
const INQUEST_MS = 15_000;
/** What is older may have left the histories, which hold 1,000 messages of a room: nobody is missing it any more. */
const HELD_MS = 60_000;
/** Heard by everybody within this time after the last fault, or lost. */
const SETTLE_MS = 40_000;
const JUDGED_EVERY_MS = 1_000;
/** More than is said in a room while everybody says one last thing. */
const LAST_HEARD_MAX = 1_000;

/** Lets real clients live on a fleet to which the schedule of a seed happens, and judges what they saw. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { seed, regions, nodes, clients, rooms, durationMs, actionMs, log } = options;
  const random = seededRandom(seed);
  const record = emptyRecord();
  await using fleet = await startFleet(regions, nodes);
  record.disturbances = fleet.disturbances;
  const roomNames = Array.from({ length: rooms }, (_, index) => `room-${index}`);
  const apikey = fleet.project.keys.publishable.value;
  const members = Array.from({ length: clients }, (_, index) => {
    const url = fleet.projectUrl(regions[index % regions.length] ?? "");
    return createMember(index, { name: `m${index}`, url, apikey, record });
  });
  try {
    await Promise.all(members.map((member, index) => member.enter(roomNames[index % rooms] ?? "")));
    await eventually(() => members.every((member) => member.isJoined()), { withinMs: 60_000 });
    log(`${clients} clients in ${rooms} rooms on ${nodes.length} nodes`);

    const startedMs = Date.now();
    const over = new AbortController();
    setMaxListeners(clients + 1, over.signal);
    const lives = members.map((member) =>
      live(member, { random: seededRandom(random.below(2 ** 31)), roomNames, actionMs, over: over.signal }),
    );
    const sampling = sample(members, record, over.signal);
    await follow(createSchedule(options), { startedMs, fleet, record, log });
    await delay(Math.max(0, startedMs + durationMs - Date.now()));
    over.abort();
    await Promise.all([...lives, sampling]);
    await settle(members, record);
    return { verdict: check(record), record, complaints: fleet.complaints() };
  } finally {
    await Promise.all(members.map((member) => member.close()));
  }
}

/**
 * A node takes its time to start; what comes next waits for it only when it ends another one: the last of a region may take
 * with it what nobody else has.
 */
async function follow(
  steps: readonly Step[],
  {
    startedMs,
    fleet,
    record,
    log,
  }: { startedMs: number; fleet: Fleet; record: SoakRecord; log(line: string): void },
): Promise<void> {
  const starting = new Map<number, Promise<void>>();
  const inquests: Promise<void>[] = [];
  for (const { atMs, fault } of steps) {
    await delay(Math.max(0, startedMs + atMs - Date.now()));
    if (fault.kind === "start") {
      log(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s ${JSON.stringify(fault)}`);
      starting.set(fault.node, fleet.inflict(fault));
      continue;
    }
    if ("node" in fault) await Promise.all(starting.values());
    log(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s ${JSON.stringify(fault)}`);
    await fleet.inflict(fault);
    if (fault.kind === "kill" || fault.kind === "mend") inquests.push(inquire(fleet, record, fault.kind));
  }
  await Promise.all([...starting.values(), ...inquests]);
}

/**
 * Asks the living nodes what they have of what was said while regions were apart. It tells where messages stand of which
 * their publisher is not told; and what nobody has after a kill is lost.
 */
async function inquire(fleet: Fleet, record: SoakRecord, after: "kill" | "mend"): Promise<void> {
  const atMs = Date.now();
  const apartMs = apartSinceMs(record, atMs);
  if (apartMs === atMs) return;
  await delay(ON_ITS_WAY_MS);
  const candidates = record.publications.filter(({ sentAtMs, ackedAtMs = 0 }) => {
    return sentAtMs <= atMs && ackedAtMs >= apartMs - ON_ITS_WAY_MS;
  });
  const rooms = new Set(candidates.map(({ room }) => room));
  const held = await fleet.heldIn([...rooms], Math.min(...candidates.map(({ sentAtMs }) => sentAtMs)));
  for (const each of candidates) {
    const position = held.get(nameOf(each.room, each));
    if (position === undefined) each.unheld ||= after === "kill";
    else if (each.origin === undefined) Object.assign(each, position);
  }
}

/** One cut may follow upon another before everybody has heard what was said in the first. */
function apartSinceMs({ disturbances }: SoakRecord, atMs: number): number {
  const cuts = disturbances.filter(({ kind }) => kind === "cut").toReversed();
  let sinceMs = atMs;
  for (const { fromMs, toMs } of cuts) if (toMs > sinceMs - INQUEST_MS) sinceMs = fromMs;
  return Math.max(sinceMs, atMs - HELD_MS);
}

function createMember(index: number, options: MemberOptions): SoakMember {
  switch (index % 4) {
    case 0:
      return createLiveMember(options);
    case 1:
      return createRawMember(options, "2.0.0");
    case 2:
      return createPlainMember(options);
    default:
      return index % 8 === 3 ? createRawMember(options, "1.0.0") : createLiveMember(options);
  }
}

async function live(
  member: SoakMember,
  {
    random,
    roomNames,
    actionMs: [fromMs, toMs],
    over,
  }: Pick<SoakOptions, "actionMs"> & {
    random: SeededRandom;
    roomNames: readonly string[];
    over: AbortSignal;
  },
): Promise<void> {
  while (!over.aborted) {
    await delay(fromMs + random.below(toMs - fromMs), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    const dice = random.next();
    if (dice < 0.93) for (let i = random.below(3); i >= 0; i--) member.publish();
    else if (dice < 0.96) member.breakLine();
    else await member.enter(random.pick(roomNames));
  }
}

async function sample(members: readonly SoakMember[], record: SoakRecord, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await delay(SAMPLE_MS, undefined, { signal: over }).catch(() => undefined);
    takeSample(members, record);
  }
}

function takeSample(members: readonly SoakMember[], record: SoakRecord): void {
  const atMs = Date.now();
  for (const member of members) {
    const keys = member.presentKeys();
    if (keys !== undefined && member.room !== undefined) {
      record.samples.push({ atMs, observer: member.name, room: member.room, keys });
    }
  }
}

/** Everybody is back, says one last thing, and hears everything; then everybody shows exactly who is there. */
async function settle(members: readonly SoakMember[], record: SoakRecord): Promise<void> {
  await eventually(
    () => {
      const away = members.filter((member) => !member.isJoined()).map(({ name }) => name);
      if (away.length > 0) throw new Error(`not back: ${away.join(" ")}`);
    },
    { withinMs: SETTLE_MS },
  );
  const before = record.publications.length;
  for (const member of members) member.publish();
  const isAnswered = () =>
    record.publications.slice(before).every(({ ackedAtMs }) => ackedAtMs !== undefined);
  await until(isAnswered);
  await until(() => isHeard(record, before));
  const isWhole = () => check(record).findings.every(({ rule }) => rule !== "loss");
  await until(isWhole);
  const isExact = () =>
    members.every((member) => {
      const there = members.filter(({ room }) => room === member.room).map(({ name }) => name);
      return member.presentKeys()?.sort().join() === there.sort().join();
    });
  await until(isExact);
  takeSample(members, record);
}

/** Everybody in the room has heard what was said since `from`. */
function isHeard({ publications, stays }: SoakRecord, from: number): boolean {
  const last = publications.slice(from);
  return stays.every(({ client, room, leftAtMs, heard }) => {
    if (leftAtMs !== undefined) return true;
    const names = new Set(heard.slice(-LAST_HEARD_MAX).map((each) => nameOf(room, each)));
    const owed = last.filter((each) => each.room === room && each.publisher !== client);
    return owed.every((each) => names.has(nameOf(room, each)));
  });
}

/** What is not so in time is found by the verdict. Judging a long record takes a moment in which no client can do anything. */
async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + SETTLE_MS;
  for (;;) {
    const askedMs = Date.now();
    if (isSo() || Date.now() > deadlineMs) return;
    await delay(Math.max(JUDGED_EVERY_MS, (Date.now() - askedMs) * 10));
  }
}
