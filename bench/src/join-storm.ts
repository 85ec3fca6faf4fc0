import { prepareBurst } from "./load/join-burst.ts";
import { LiveChannels } from "./load/live-channels.ts";
import { SessionCount } from "./load/session-count.ts";
import { STORM_SQL, type StormMix, stormJoiners } from "./load/storm-mix.ts";
import { percentile } from "./percentile.ts";
import { writeReport } from "./results.ts";
import { type ServerProcess, startServer } from "./servers/server-process.ts";

const SOCKETS = Number(process.env.BENCH_SOCKETS ?? 2_000);
const LOAD_PROCESSES = 2;
const LIVE_CHANNELS = 50;
const LIVE_EVERY_MS = 200;
const DEADLINE_MS = 120_000;
/** One for replication, two in the pool. */
const BUDGET = 3;

const MIXES: readonly { mix: StormMix; name: string }[] = [
  { mix: "everybody", name: "2,000 users" },
  { mix: "few", name: "20 users" },
];
const MODES = [
  { name: "tidewire", freshMs: undefined },
  { name: "naive: no cache, no coalescing", freshMs: "0" },
] as const;

const rows: (string | number)[][] = [];
for (const { mix, name } of MIXES) {
  for (const mode of MODES) rows.push([name, mode.name, ...(await measure(mix, mode.freshMs))]);
}

async function measure(mix: StormMix, freshMs: string | undefined): Promise<(string | number)[]> {
  const nodeEnv: Record<string, string> = freshMs === undefined ? {} : { TIDEWIRE_GRANTS_FRESH_MS: freshMs };
  await using server = await startServer("./tidewire.ts", {
    BENCH_SQL: STORM_SQL,
    BENCH_NODE_ENV: JSON.stringify(nodeEnv),
  });
  const { socketUrl, databaseUrl = "", jwtSecret = "" } = server.listening;
  const joiners = stormJoiners(mix, SOCKETS, jwtSecret);
  const asked = joiners.reduce((sum, { topics }) => sum + topics.length, 0);
  await using live = await LiveChannels.open(socketUrl, jwtSecret, LIVE_CHANNELS);
  await using burst = await prepareBurst({ socketUrl, joiners, deadlineMs: DEADLINE_MS }, LOAD_PROCESSES);
  await using sessions = await SessionCount.watch(databaseUrl);
  live.send(LIVE_EVERY_MS);
  const cpuBeforeMs = await server.cpuMs();
  const checksBefore = await checksOf(server);
  const startedMs = performance.now();
  const outcome = await burst.run();
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  const checks = (await checksOf(server)) - checksBefore;
  const heard = await live.stop();
  const sessionsMax = await sessions.stop();
  if (sessionsMax > BUDGET) throw new Error(`${sessionsMax} sessions of ${BUDGET}`);
  const at = (share: number) => Math.round(percentile(outcome.joinedMs, share));
  return [
    `${outcome.joinedMs.length} of ${asked}`,
    at(0.5),
    at(0.99),
    at(1),
    Math.round(asked / (elapsedMs / 1_000)),
    `${checks}`,
    (asked / checks).toFixed(1),
    JSON.stringify(outcome.refusals),
    outcome.unexplained + outcome.timeouts,
    sessionsMax,
    Math.round(heard.largestGapMs),
    heard.lost,
    Math.round(cpuMs),
  ];
}

/** Checks of who may read that the database has answered. */
async function checksOf({ listening }: ServerProcess): Promise<number> {
  const metrics = await (await fetch(new URL("/metrics", listening.socketUrl.replace(/^ws/, "http")))).text();
  return Number(/^realtime_tenants_read_authorization_check_count\{[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}

writeReport({
  name: "join-storm",
  title: "A burst of private joins on a pool of two",
  command: "npm run join-storm -w @tidewire/bench",
  method:
    `${SOCKETS} sockets in ${LOAD_PROCESSES} processes are connected and quiet; then each joins 5 private channels, all in the same moment: an inbox ` +
    "by `auth.uid()`, two teams by a membership table, an organisation by a claim, a lobby (`load/storm-mix.ts`). Either every socket is a user of its " +
    "own, so that no two questions are equal, or 20 users have 100 sockets each. A client behaves as realtime-js does: 10 s of patience, then 1, 2, 5 and " +
    "10 s between attempts; times are from the burst to the ok reply, retries included. `asked : run` is the number of joins for each check that the " +
    "database answered. Naive is the same node with `TIDEWIRE_GRANTS_FRESH_MS=0`: every join asks the database for itself. `sessions` is the largest " +
    "count of pg_stat_activity, taken every 10 ms; the run fails above 3. `unexplained` are replies without stage, time and when to come back, and joins " +
    `without any reply. All the while ${LIVE_CHANNELS} live private channels are sent a broadcast every ${LIVE_EVERY_MS} ms: the largest gap between two at any of ` +
    "them, and how many did not arrive. Node, Postgres and load share the machine.",
  columns: [
    "claims",
    "mode",
    "joined",
    "p50 ms",
    "p99 ms",
    "max ms",
    "joins/s",
    "checks run",
    "asked : run",
    "refusals",
    "unexplained",
    "sessions",
    "largest gap ms",
    "lost",
    "node CPU ms",
  ],
  rows,
  reading:
    "With 2,000 users there is nothing to share, and both modes ask 10,000 questions: what makes them quick is that they go to Postgres in rounds of up to " +
    "32, planned once per session. With 20 users 100 questions are left of 10,000.",
});
