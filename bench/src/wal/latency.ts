import { percentile } from "../percentile.ts";
import { type ServerProcess, startServer } from "../servers/server-process.ts";
import { gather } from "./audience.ts";
import { connect, insertAtRate, insertBulk, RLS_SQL, TABLE_SQL } from "./rows.ts";

const SECONDS = 8;
const DRAIN_DEADLINE_MS = 60_000;
/** Written before the clock runs: they find a cold cache of policies, which is a start-up cost, measured elsewhere. */
const FIRST_ROWS = 10;

export interface Load {
  rowsPerSecond: number;
  subscribers: number;
  /** Each row is for one room; a subscriber is in one room. */
  rooms: number;
}

export interface LatencyOutcome {
  rowsPerSecond: number;
  deliveriesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Share of one core. */
  nodeCpu: number;
  missing: number;
}

/** Both start with a fresh server, which runs all the loads one after the other. */
export async function measureLatency(
  withRls: boolean,
  loads: readonly Load[],
): Promise<{ load: Load; outcome: LatencyOutcome }[]> {
  await using server = await startServer("./tidewire.ts", {
    BENCH_SQL: TABLE_SQL + (withRls ? RLS_SQL : ""),
  });
  const outcomes: { load: Load; outcome: LatencyOutcome }[] = [];
  for (const load of loads) outcomes.push({ load, outcome: await measure(server, load) });
  return outcomes;
}

async function measure(server: ServerProcess, load: Load): Promise<LatencyOutcome> {
  const { rowsPerSecond, subscribers, rooms } = load;
  await using database = await connect(server.listening.databaseUrl ?? "");
  await using audience = await gather(server.listening, load);
  const framesPerRow = subscribers / rooms;
  await insertBulk(database, FIRST_ROWS, FIRST_ROWS);
  await audience.received(FIRST_ROWS * framesPerRow, DRAIN_DEADLINE_MS);

  const expected = rowsPerSecond * SECONDS * framesPerRow;
  const cpuBeforeMs = await server.cpuMs();
  const startedMs = performance.now();
  const written = await insertAtRate(database, { perSecond: rowsPerSecond, seconds: SECONDS, rooms });
  const received = await audience.received(expected, DRAIN_DEADLINE_MS);
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  return {
    rowsPerSecond: written,
    deliveriesPerSecond: received / (elapsedMs / 1_000),
    p50Ms: percentile(audience.latenciesMs, 0.5),
    p99Ms: percentile(audience.latenciesMs, 0.99),
    nodeCpu: cpuMs / elapsedMs,
    missing: expected - received,
  };
}
