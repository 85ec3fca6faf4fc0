import type { SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import type pg from "pg";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import type { DatabaseWitness, SlotFacts, SlotHolder } from "../../views/replication.ts";
import { askDatabase } from "../database/ask-database.ts";
import { toSlotName } from "../projects/drop-slot.ts";

/** Pages ask every second; the database is asked by all of them together this often, and no longer than this. */
const FRESH_MS = { urgent: 2_000, calm: 5_000 };
const PATIENCE = { connectTimeoutMs: 1_500, statementTimeoutMs: 1_500 };
/** Nobody has looked at this project for so long: what was known of its slot is forgotten. */
const FORGET_MS = 60_000;
/** A younger transaction is everyday life; nodes draw the same line. */
const BLOCKER_AGE_MS = 5_000;

type Scope = Pick<ProjectScope, "resources" | "project">;

interface Known {
  witness: Promise<DatabaseWitness>;
  askedAtMs: number;
  /** Where the slot was confirmed to, and when it was first seen there. */
  position: { lsn: string | null; seenAtMs: number } | null;
}

/**
 * Asks a project's database about its slot when no node can speak for it: the home is frozen, or gone, or somebody else
 * holds the slot. The project's database belongs to its home, so this is for the time when there is none to ask.
 */
export class SlotWitnesses {
  readonly #known = new Map<string, Known>();

  /** Does not reject. @param urgent something is wrong: a witness of five seconds ago is too old */
  ask(scope: Scope, urgent: boolean): Promise<DatabaseWitness> {
    const { ref } = scope.project;
    const nowMs = scope.resources.nowMs();
    this.#forget(nowMs);
    const known = this.#known.get(ref);
    const freshMs = urgent ? FRESH_MS.urgent : FRESH_MS.calm;
    if (known !== undefined && nowMs - known.askedAtMs < freshMs) return known.witness;
    const next: Known = { askedAtMs: nowMs, position: known?.position ?? null, witness: NOT_ASKED };
    next.witness = this.#look(scope, next);
    this.#known.set(ref, next);
    return next.witness;
  }

  async #look(scope: Scope, entry: Known): Promise<DatabaseWitness> {
    const { askedAtMs } = entry;
    try {
      const slot = toSlotName(scope.project.ref);
      const row = await askDatabase(scope, (client) => readSlot(client, slot), PATIENCE);
      const lsn = row.slot?.confirmedLsn ?? null;
      if (entry.position === null || entry.position.lsn !== lsn)
        entry.position = { lsn, seenAtMs: askedAtMs };
      const facts = row.slot && { ...row.slot, unmovedForMs: askedAtMs - entry.position.seenAtMs };
      return { kind: "said", askedAtMs, slot: facts, blocker: row.blocker };
    } catch (error) {
      const reason = error instanceof Problem ? error.message : "it could not be asked.";
      return { kind: "silent", askedAtMs, reason };
    }
  }

  #forget(nowMs: number): void {
    for (const [ref, { askedAtMs }] of this.#known)
      if (nowMs - askedAtMs > FORGET_MS) this.#known.delete(ref);
  }
}

const NOT_ASKED = Promise.resolve<DatabaseWitness>({ kind: "silent", askedAtMs: 0, reason: "not asked yet" });

interface SlotRow {
  slot: Omit<SlotFacts, "unmovedForMs"> | null;
  blocker: SlotBlocker | null;
}

async function readSlot(client: pg.Client, name: string): Promise<SlotRow> {
  const { rows } = await client.query<{
    slot: Omit<SlotFacts, "unmovedForMs" | "holder"> | null;
    holder: SlotHolder | null;
    blocker: SlotBlocker | null;
  }>(SLOT_QUERY, [name, BLOCKER_AGE_MS]);
  const [row] = rows;
  return { slot: row?.slot ? { ...row.slot, holder: row.holder } : null, blocker: row?.blocker ?? null };
}

/** `inactive_since` came with Postgres 17; read by way of JSON, its absence is no error. */
const SLOT_QUERY = `
  select
    (select json_build_object(
        'name', slot_name, 'walStatus', wal_status, 'confirmedLsn', confirmed_flush_lsn, 'restartLsn', restart_lsn,
        'serverLsn', pg_current_wal_lsn(),
        'retainedBytes', coalesce(greatest(pg_current_wal_lsn() - restart_lsn, 0), 0)::float8,
        'lagBytes', coalesce(greatest(pg_current_wal_lsn() - confirmed_flush_lsn, 0), 0)::float8,
        'inactiveForMs', round(extract(epoch from clock_timestamp()
          - (to_jsonb(s) ->> 'inactive_since')::timestamptz) * 1000)::float8)
      from pg_replication_slots s where slot_name = $1) as slot,
    (select json_build_object(
        'pid', s.active_pid, 'user', coalesce(a.usename, ''), 'application', coalesce(a.application_name, ''),
        'address', host(a.client_addr), 'isOurs', a.application_name = $1,
        'connectedForMs', round(extract(epoch from clock_timestamp() - a.backend_start) * 1000)::float8)
      from pg_replication_slots s left join pg_stat_activity a on a.pid = s.active_pid
      where s.slot_name = $1 and s.active_pid is not null) as holder,
    (select json_build_object(
        'pid', pid, 'user', coalesce(usename, ''), 'application', nullif(application_name, ''),
        'database', nullif(datname, current_database()), 'state', coalesce(state, ''),
        'ageMs', round(extract(epoch from clock_timestamp() - xact_start) * 1000)::float8,
        'queryStartMs', round(extract(epoch from query_start) * 1000)::float8,
        'query', case when datname = current_database() then left(query, 500) else '' end)
      from pg_stat_activity
      where backend_xid is not null and xact_start < clock_timestamp() - make_interval(secs => $2 / 1000.0)
      order by age(backend_xid) desc limit 1) as blocker`;
