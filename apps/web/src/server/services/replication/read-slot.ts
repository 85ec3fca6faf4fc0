import type { SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import type { ProjectScope } from "../../context.ts";
import type { SlotHolder } from "../../views/replication.ts";
import { askDatabase } from "../database/ask-database.ts";
import { toSlotName } from "../projects/drop-slot.ts";
import type { SlotReading } from "./slot-witnesses.ts";

/** A page waits for it, every second. */
const PATIENCE = { connectTimeoutMs: 1_500, statementTimeoutMs: 1_500 };
/** A younger transaction is everyday life; nodes draw the same line. */
const BLOCKER_AGE_MS = 5_000;

interface Row {
  slot: Omit<NonNullable<SlotReading["slot"]>, "holder"> | null;
  holder: SlotHolder | null;
  blocker: SlotBlocker | null;
}

/** The project's slot, who has hold of it, and what pins it. @throws Problem as {@link askDatabase} */
export function readSlot(scope: Pick<ProjectScope, "resources" | "project">): Promise<SlotReading> {
  return askDatabase(
    scope,
    async (client) => {
      const { rows } = await client.query<Row>(SLOT_QUERY, [toSlotName(scope.project.ref), BLOCKER_AGE_MS]);
      const { slot = null, holder = null, blocker = null } = rows[0] ?? {};
      return { slot: slot && { ...slot, holder }, blocker };
    },
    PATIENCE,
  );
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
