import { setTimeout as delay } from "node:timers/promises";
import { percentile } from "../percentile.ts";
import { type ServerProcess, startServer } from "../servers/server-process.ts";
import { CLASSES, connect, insertAtRate, insertBulk, RLS_SQL, TABLE_SQL } from "./rows.ts";
import { subscribe, untilReceived } from "./subscribers.ts";

const SECONDS = 8;
const DRAIN_DEADLINE_MS = 60_000;
const JOINING_AT_ONCE = 10;
/** Where the time of the commit stands in a frame, in microseconds. */
const COMMITTED = /"title":"at (\d+)"/;

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
  const { listening } = server;
  const { rowsPerSecond, subscribers, rooms } = load;
  await using database = await connect(listening.databaseUrl ?? "");
  const latencies: number[] = [];
  const onFrame = (payload: Buffer) => {
    const committedUs = Number(COMMITTED.exec(payload.toString("latin1"))?.[1]);
    if (Number.isFinite(committedUs)) latencies.push(Date.now() - committedUs / 1_000);
  };
  const join = (index: number) =>
    subscribe(listening, {
      ...(rooms > 1 && { filter: `room=eq.${index % rooms}` }),
      claims: { class: CLASSES[index % CLASSES.length] },
      // One witness for each class: to read all would cost the load more than the server.
      ...(index < CLASSES.length && { onFrame }),
    });
  const members = [];
  for (let from = 0; from < subscribers; from += JOINING_AT_ONCE) {
    const count = Math.min(JOINING_AT_ONCE, subscribers - from);
    members.push(...(await Promise.all(Array.from({ length: count }, (_, each) => join(from + each)))));
  }
  // The first rows find a cold cache of policies; that is a start-up cost, measured elsewhere.
  await insertBulk(database, 10, 10);
  await untilReceived(
    members.filter((_, index) => index % rooms === 0),
    10,
    DRAIN_DEADLINE_MS,
  );

  const framesBefore = sum(members);
  const cpuBeforeMs = await server.cpuMs();
  const startedMs = performance.now();
  const written = await insertAtRate(database, { perSecond: rowsPerSecond, seconds: SECONDS, rooms });
  const expected = framesBefore + (rowsPerSecond * SECONDS * subscribers) / rooms;
  const endMs = performance.now() + DRAIN_DEADLINE_MS;
  while (sum(members) < expected && performance.now() < endMs) await delay(5);
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  const received = sum(members);
  for (const member of members) member.close();
  return {
    rowsPerSecond: written,
    deliveriesPerSecond: (received - framesBefore) / (elapsedMs / 1_000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    nodeCpu: cpuMs / elapsedMs,
    missing: expected - received,
  };
}

function sum(members: readonly { frames: number }[]): number {
  return members.reduce((total, { frames }) => total + frames, 0);
}
