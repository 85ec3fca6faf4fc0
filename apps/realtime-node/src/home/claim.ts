import { LSN_ZERO, type Lsn, parseLsn } from "../wal/lsn.ts";
import { existingPublications } from "../wal/publications.ts";
import type { Session } from "../wal/session.ts";
import { dropSlot, ensureSlot, type SlotStart } from "../wal/slot.ts";
import { standForElection } from "./election.ts";

/** Which database it is, and which of its histories: a promoted standby goes on with a new timeline. */
export interface History {
  readonly systemId: string;
  readonly timeline: number;
}

/** What a replication session has found before it streams: it holds the lock, there is a slot, and this is where all stands. */
export interface Claim {
  readonly epoch: number;
  readonly slot: SlotStart;
  readonly serverLsn: Lsn;
  readonly serverVersion: number;
  readonly history: History;
  /** Where the history that was streamed before has ended; null while it goes on. */
  readonly divergedLsn: Lsn | null;
  readonly publications: string[];
}

interface Wanted {
  ref: string;
  slot: string;
  publications: readonly string[];
  /** The slot is to be made anew, whatever it holds. */
  isGivenUp: boolean;
  /** Of the stream before, if this node had one. */
  before: History | null;
}

/**
 * Stands for election and sees to it that there is a slot.
 *
 * @throws NotElected, or what Postgres says
 */
export async function claimProject(
  session: Session,
  { ref, slot: name, publications, isGivenUp, before }: Wanted,
): Promise<Claim> {
  const epoch = await standForElection(session, ref);
  if (isGivenUp) await dropSlot(session, name);
  const found = await ensureSlot(session, name);
  const slot: SlotStart = isGivenUp ? { ...found, created: "slot-over-limit" } : found;
  const [server] = await session.rows(
    "select pg_current_wal_flush_lsn() as lsn, current_setting('server_version_num') as version",
  );
  const history = await identify(session);
  return {
    epoch,
    slot,
    serverLsn: parseLsn(server?.lsn ?? "0/0"),
    serverVersion: Number(server?.version),
    history,
    divergedLsn: before === null ? null : await divergence(session, before, history),
    publications: await existingPublications(session, publications),
  };
}

/** A command of the replication protocol. */
async function identify(session: Session): Promise<History> {
  const [row] = await session.rows("IDENTIFY_SYSTEM");
  return { systemId: row?.systemid ?? "", timeline: Number(row?.timeline) };
}

async function divergence(session: Session, before: History, now: History): Promise<Lsn | null> {
  if (before.systemId !== now.systemId) return LSN_ZERO;
  if (before.timeline === now.timeline) return null;
  const [file] = await session.rows(`TIMELINE_HISTORY ${now.timeline}`);
  return switchOf(file?.content ?? "", before.timeline);
}

/** Lines of parent timeline, position and reason. A timeline that is no ancestor has nothing in common with this one. */
export function switchOf(historyFile: string, timeline: number): Lsn {
  for (const line of historyFile.split("\n")) {
    const [parent, lsn] = line.trim().split(/\s+/);
    if (Number(parent) === timeline && lsn !== undefined) return parseLsn(lsn);
  }
  return LSN_ZERO;
}
