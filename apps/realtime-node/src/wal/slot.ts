import { setTimeout as delay } from "node:timers/promises";
import type { SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import { LSN_ZERO, type Lsn, maxLsn, parseLsn } from "./lsn.ts";
import { errorCodeOf } from "./postgres-error.ts";
import { quoteLiteral, type Session, type TextRow } from "./session.ts";

/** Creating a slot waits for every transaction that is writing; a long one must not hold a home forever. */
const CREATE_TIMEOUT_MS = 10_000;
const OBJECT_IN_USE = "55006";
const CLOSE_LOOK_MS = 50;
const CLOSE_LOOKS = 60;

/** The project's permanent slot: Postgres keeps what is committed while no node reads. */
export function slotName(ref: string): string {
  return `tidewire_${ref}`;
}

export interface SlotStart {
  /**
   * Null for the slot that was there. A new one reaches nothing before `fromLsn`; the old one was not there, had been
   * given up by Postgres, or by its home.
   */
  created: "slot-missing" | "slot-invalidated" | "slot-over-limit" | null;
  /** Streaming begins after this position. */
  fromLsn: Lsn;
}

/** Creates the slot if it is missing or lost. To be called by the session that holds the project's lock. */
export async function ensureSlot(session: Session, name: string): Promise<SlotStart> {
  const existing = await findSlot(session, name);
  if (existing !== undefined && existing.wal_status !== "lost") {
    return { created: null, fromLsn: toLsnOrZero(existing.confirmed_flush_lsn) };
  }
  if (existing !== undefined) await dropSlot(session, name);
  await session.rows(`set statement_timeout = ${CREATE_TIMEOUT_MS}`);
  const [made] = await session.rows(
    `select lsn from pg_create_logical_replication_slot(${quoteLiteral(name)}, 'pgoutput')`,
  );
  await session.rows("set statement_timeout = 0");
  const created = existing === undefined ? "slot-missing" : "slot-invalidated";
  return { created, fromLsn: toLsnOrZero(made?.lsn) };
}

/**
 * Gives up what the slot holds back, up to now. For a slot that cannot be read any further.
 *
 * @returns where it stands then
 */
export async function skipToNow(session: Session, name: string): Promise<Lsn> {
  const [row] = await session.rows(
    `select (pg_replication_slot_advance(${quoteLiteral(name)}, pg_current_wal_flush_lsn())).end_lsn as lsn`,
  );
  return toLsnOrZero(row?.lsn);
}

/** Does nothing when there is no such slot. Fails with SQLSTATE 55006 while somebody streams from it. */
export async function dropSlot(session: Session, name: string): Promise<void> {
  await session.rows(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = ${quoteLiteral(name)}`,
  );
}

/** Of a stream that has just been closed: Postgres may need a moment to notice. */
export async function dropClosedSlot(session: Session, name: string): Promise<void> {
  for (let left = CLOSE_LOOKS; ; left--) {
    try {
      return await dropSlot(session, name);
    } catch (error) {
      if (left === 0 || errorCodeOf(error) !== OBJECT_IN_USE) throw error;
      await delay(CLOSE_LOOK_MS);
    }
  }
}

async function findSlot(session: Session, name: string): Promise<TextRow | undefined> {
  const [slot] = await session.rows(
    `select plugin, wal_status, confirmed_flush_lsn from pg_replication_slots where slot_name = ${quoteLiteral(name)}`,
  );
  return slot;
}

export interface SlotStatus {
  exists: boolean;
  walStatus: string | undefined;
  confirmedLsn: Lsn | undefined;
  restartLsn: Lsn | undefined;
  serverLsn: Lsn;
  /** WAL that Postgres must keep because of this slot. */
  retainedBytes: number;
  /** Written but not yet acknowledged. */
  lagBytes: number;
  blocker: SlotBlocker | undefined;
}

/** A younger transaction is everyday life and not to blame for anything. */
const BLOCKER_AGE_MS = 5_000;

export async function slotStatus(session: Session, name: string): Promise<SlotStatus> {
  const [row = {}] = await session.rows(`
    select s.wal_status, s.confirmed_flush_lsn, s.restart_lsn, pg_current_wal_lsn() as server_lsn,
      b.pid::text, b.usename, b.application_name, b.state,
      case when b.datname = current_database() then left(b.query, 500) end as query,
      nullif(b.datname, current_database()) as other_database,
      extract(epoch from clock_timestamp() - b.xact_start) * 1000 as age_ms,
      extract(epoch from b.query_start) * 1000 as query_start_ms
    from (select 1) one
    left join pg_replication_slots s on s.slot_name = ${quoteLiteral(name)}
    left join lateral (
      select * from pg_stat_activity
      where backend_xid is not null
        and xact_start < clock_timestamp() - interval '${BLOCKER_AGE_MS} milliseconds'
      order by age(backend_xid) desc limit 1
    ) b on true`);
  const serverLsn = toLsnOrZero(row.server_lsn);
  const confirmedLsn = toOptionalLsn(row.confirmed_flush_lsn);
  const restartLsn = toOptionalLsn(row.restart_lsn);
  return {
    exists: confirmedLsn !== undefined,
    walStatus: row.wal_status ?? undefined,
    confirmedLsn,
    restartLsn,
    serverLsn,
    retainedBytes: distance(serverLsn, restartLsn),
    lagBytes: distance(serverLsn, confirmedLsn),
    blocker: toBlocker(row),
  };
}

function toBlocker(row: TextRow): SlotBlocker | undefined {
  if (typeof row.pid !== "string") return undefined;
  return {
    pid: Number(row.pid),
    user: row.usename ?? "",
    application: row.application_name || undefined,
    database: row.other_database ?? undefined,
    ageMs: Math.round(Number(row.age_ms)),
    queryStartMs: Math.round(Number(row.query_start_ms)),
    query: row.query ?? "",
    state: row.state ?? "",
  };
}

function distance(ahead: Lsn, behind: Lsn | undefined): number {
  return behind === undefined ? 0 : Number(maxLsn(ahead, behind) - behind);
}

function toOptionalLsn(text: string | null | undefined): Lsn | undefined {
  return text === null || text === undefined ? undefined : parseLsn(text);
}

function toLsnOrZero(text: string | null | undefined): Lsn {
  return toOptionalLsn(text) ?? LSN_ZERO;
}
