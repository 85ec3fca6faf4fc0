import { setTimeout as delay } from "node:timers/promises";
import type { HotSpot } from "../servers/cpu-profile.ts";
import { startServer } from "../servers/server-process.ts";
import { type Reading, readWithPostgresTool } from "./reference.ts";
import { connect, insertBulk, TABLE_SQL } from "./rows.ts";
import { subscribe, untilReceived } from "./subscribers.ts";

export const BULK_ROWS = 200_000;
export const PER_COMMIT = 500;
/** A node that has just started compiles its code while it drains; one that has run for a minute does not. */
const WARM_UP_ROWS = 50_000;
const DEADLINE_MS = 180_000;
const SLOT = "bench_reference";

export interface BulkOutcome {
  ours: Reading & { missing: number };
  theirs: Reading | undefined;
  hotSpots: HotSpot[];
}

/**
 * The same backlog for both: nobody may connect to the database while it is written, then the node comes back to it,
 * and afterwards `pg_recvlogical` reads it from a slot that was made before it.
 */
/** @param withProfile the profiler costs the node a fifth of its speed */
export async function measureBulk(withProfile = false): Promise<BulkOutcome> {
  await using server = await startServer("./tidewire.ts", { BENCH_SQL: TABLE_SQL });
  const { databaseUrl = "" } = server.listening;
  await using database = await connect(databaseUrl);
  await using elsewhere = await connect(inDatabase(databaseUrl, "postgres"));
  const name = new URL(databaseUrl).pathname.slice(1);

  const member = await subscribe(server.listening);
  await insertBulk(database, WARM_UP_ROWS, PER_COMMIT);
  await untilReceived([member], WARM_UP_ROWS, DEADLINE_MS);
  await database.query(`select pg_create_logical_replication_slot('${SLOT}', 'pgoutput')`);
  await elsewhere.query(`alter database ${name} allow_connections false`);
  await database.query(
    "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name like 'tidewire_%'",
  );
  // The client is told that the database is away, and later that it is back.
  await untilReceived([member], WARM_UP_ROWS + 1, DEADLINE_MS);
  await insertBulk(database, BULK_ROWS, PER_COMMIT);
  const { rows: end } = await database.query<{ lsn: string }>("select pg_current_wal_flush_lsn() as lsn");

  const drain = async () => {
    const cpuBeforeMs = await server.cpuMs();
    await elsewhere.query(`alter database ${name} allow_connections true`);
    while (member.frames < WARM_UP_ROWS + 2) await delay(1);
    const [startedMs, before] = [performance.now(), member.frames];
    const missing = await untilReceived([member], WARM_UP_ROWS + BULK_ROWS + 2, DEADLINE_MS);
    const elapsedMs = performance.now() - startedMs;
    const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
    return {
      rowsPerSecond: (member.frames - before) / (elapsedMs / 1_000),
      rowsPerCpuSecond: BULK_ROWS / (cpuMs / 1_000),
      missing,
    };
  };
  const { result: ours, hotSpots } = withProfile
    ? await server.profiled(drain)
    : { result: await drain(), hotSpots: [] };
  member.close();
  const theirs = await readWithPostgresTool(databaseUrl, {
    slot: SLOT,
    endLsn: end[0]?.lsn ?? "",
    rows: BULK_ROWS,
  });
  await database.query(`select pg_drop_replication_slot('${SLOT}')`);
  return { ours, theirs, hotSpots };
}

function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
