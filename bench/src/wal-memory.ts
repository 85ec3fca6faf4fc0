import { setTimeout as delay } from "node:timers/promises";
import { writeReport } from "./results.ts";
import { type Memory, startServer } from "./servers/server-process.ts";
import { connect, insertBulk, TABLE_SQL } from "./wal/rows.ts";
import { subscribe, untilReceived } from "./wal/subscribers.ts";

/** One transaction. */
const ROWS = 1_000_000;
const DEADLINE_MS = 600_000;
const ELSEWHERE_SQL = `
  create table elsewhere (id int primary key); grant all on elsewhere to anon, authenticated;
  alter publication supabase_realtime add table elsewhere;`;

const rows: (string | number)[][] = [];
for (const isSubscribed of [true, false]) {
  await using server = await startServer("./tidewire.ts", { BENCH_SQL: TABLE_SQL + ELSEWHERE_SQL });
  await using database = await connect(server.listening.databaseUrl ?? "");
  const table = isSubscribed ? "bench_rows" : "elsewhere";
  const member = await subscribe(server.listening, { table });
  await insertBulk(database, 1_000, 1_000);
  const before = isSubscribed ? 1_000 : 0;
  await untilReceived([member], before, DEADLINE_MS);
  await delay(1_000);
  const idle = await server.memoryPeak();
  const cpuBeforeMs = await server.cpuMs();
  await insertBulk(database, ROWS, ROWS);
  const startedMs = performance.now();
  // A row behind the transaction: once it has arrived, the transaction has passed.
  if (!isSubscribed) await database.query("insert into elsewhere values (1)");
  const missing = await untilReceived([member], before + (isSubscribed ? ROWS : 1), DEADLINE_MS);
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  const peak = await server.memoryPeak();
  member.close();
  rows.push([
    isSubscribed ? "a subscriber to the table" : "a subscriber to another table",
    seconds.toFixed(1),
    Math.round(ROWS / (cpuMs / 1_000)),
    ...inMegabytes(idle),
    ...inMegabytes(peak),
    missing,
  ]);
}

writeReport({
  name: "wal-memory",
  title: "A transaction of a million rows",
  command: "npm run wal-memory -w @tidewire/bench",
  method:
    `One transaction inserts ${ROWS} rows of 7 columns, 300 MB in the stream and 600 MB at the client. Memory of the node, looked at every 20 ms: the ` +
    "most before, and the most from the insert to the last row. The subscriber reads as fast as it can, on a raw socket in another process.",
  columns: [
    "audience",
    "commit to last row s",
    "rows per CPU-s",
    "RSS before MB",
    "heap MB",
    "buffers MB",
    "RSS at most MB",
    "heap MB",
    "buffers MB",
    "missing",
  ],
  rows,
  reading:
    "pgoutput sends a transaction whole, after its commit; the node hands its rows on as they come and stops reading the socket while 4 MB wait, so that " +
    "the rest stays with Postgres. What is held beyond that are the frames that the subscriber has not taken yet (at most 4 MiB, then it is closed " +
    "as too slow) and what the collector has not got to.",
});

function inMegabytes({ rssBytes, heapBytes, externalBytes }: Memory): number[] {
  return [rssBytes, heapBytes, externalBytes].map((bytes) => Math.round(bytes / 1_048_576));
}
