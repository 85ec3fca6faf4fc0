import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { signUserToken } from "@tidewire/testkit/tokens";
import pg from "pg";
import { Member } from "./load/member.ts";
import { percentile } from "./percentile.ts";
import { writeReport } from "./results.ts";
import { type Listening, startServer } from "./servers/server-process.ts";

const TABLE_SQL = `
  create table bench_rows (
    id bigint generated always as identity primary key, owner uuid not null, title text not null, body text not null,
    amount numeric not null, tags jsonb not null, at timestamptz not null default now());
  alter publication supabase_realtime add table bench_rows;
  grant all on bench_rows to anon, authenticated;`;
const RLS_SQL = `
  alter table bench_rows enable row level security;
  create policy own on bench_rows for select to authenticated using (true);`;
const INSERT = `
  insert into bench_rows (owner, title, body, amount, tags)
  select '00000000-0000-0000-0000-000000000001', $1, repeat('é', 50), n * 1.5, '{"a":1}' from generate_series(1, $2::int) n`;

const BULK_ROWS = 60_000;
const BULK_TRANSACTION = 500;
const BULK_DEADLINE_MS = 180_000;
const RATE_SECONDS = 8;
const RATES = [100, 1_000, 2_000] as const;
const SUBSCRIBERS = [1, 100] as const;

const rows: (string | number)[][] = [];
{
  await using server = await startServer("./tidewire.ts", { BENCH_SQL: TABLE_SQL });
  const { ours, theirs } = await bulk(server.listening);
  rows.push([
    "pg_recvlogical to a file",
    `${BULK_ROWS} rows, ${BULK_TRANSACTION} a commit`,
    theirs ?? "not here",
    theirs ? "1.00" : "",
    "",
    "",
    "",
  ]);
  rows.push([
    "tidewire to one subscriber",
    `${BULK_ROWS} rows, ${BULK_TRANSACTION} a commit`,
    ours,
    theirs ? (ours / theirs).toFixed(2) : "",
    "",
    "",
    0,
  ]);
}
for (const withRls of [false, true]) {
  await using server = await startServer("./tidewire.ts", {
    BENCH_SQL: TABLE_SQL + (withRls ? RLS_SQL : ""),
  });
  for (const subscribers of SUBSCRIBERS) {
    for (const rate of RATES) {
      const { p50Ms, p99Ms, missing, perSecond } = await atRate(server.listening, rate, subscribers, withRls);
      rows.push([
        `RLS ${withRls ? "on" : "off"}, ${subscribers} subscriber${subscribers > 1 ? "s" : ""}`,
        `${rate} rows/s, 1 a commit`,
        Math.round(perSecond),
        "",
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
        missing,
      ]);
    }
  }
}

writeReport({
  name: "wal",
  title: "Row changes from commit to client",
  command: "npm run wal -w @tidewire/bench",
  method:
    "Rows of 7 columns on embedded Postgres. First line: pg_recvlogical reads the same WAL with the same plugin after our run, from a slot made " +
    "before it. Latency is from the call of the insert to the frame at the client, measured in one process on one clock; everything shares the machine.",
  columns: ["consumer", "load", "rows/s", "ratio", "p50 ms", "p99 ms", "missing"],
  rows,
  reading:
    "100 subscribers on 100 topics at 2,000 rows/s are 200,000 frames/s, each with its own topic in it: more than the one core has, so latency grows with the backlog; nothing is lost.",
});

async function bulk({
  socketUrl,
  databaseUrl = "",
  jwtSecret = "",
}: Listening): Promise<{ ours: number; theirs?: number }> {
  await using database = await connect(databaseUrl);
  await database.query("select pg_create_logical_replication_slot('bench_reference', 'pgoutput')");
  const subscriber = await subscribe(socketUrl, jwtSecret);
  const startedMs = performance.now();
  for (let row = 0; row < BULK_ROWS; row += BULK_TRANSACTION)
    await database.query(INSERT, ["bulk", BULK_TRANSACTION]);
  await untilReceived([subscriber], BULK_ROWS);
  const ours = BULK_ROWS / ((performance.now() - startedMs) / 1_000);
  subscriber.close();
  const { rows: end } = await database.query<{ lsn: string }>("select pg_current_wal_lsn() as lsn");
  const theirs = await receiveWithPostgresTool(databaseUrl, end[0]?.lsn ?? "");
  await database.query("select pg_drop_replication_slot('bench_reference')");
  return { ours: Math.round(ours), theirs };
}

/** Undefined where Debian's client tools are not installed. */
async function receiveWithPostgresTool(databaseUrl: string, endLsn: string): Promise<number | undefined> {
  const startedMs = performance.now();
  const args = [
    "--dbname",
    databaseUrl,
    "--slot",
    "bench_reference",
    "--start",
    "--file",
    "-",
    "--endpos",
    endLsn,
    "--no-loop",
  ];
  const child = spawn(
    "pg_recvlogical",
    [...args, "-o", "proto_version=1", "-o", "publication_names=supabase_realtime"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  child.stdout.resume();
  const ended = await once(child, "close").catch(() => undefined);
  return ended?.[0] === 0 ? Math.round(BULK_ROWS / ((performance.now() - startedMs) / 1_000)) : undefined;
}

async function atRate(
  { socketUrl, databaseUrl = "", jwtSecret = "" }: Listening,
  rate: number,
  subscribers: number,
  withRls: boolean,
) {
  await using database = await connect(databaseUrl);
  const latencies: number[] = [];
  const members = [
    await subscribe(socketUrl, jwtSecret, (payload) => {
      const sentAtMs = Number(/"title":"at ([\d.]+)"/.exec(payload.toString("latin1"))?.[1]);
      if (Number.isFinite(sentAtMs)) latencies.push(performance.now() - sentAtMs);
    }),
  ];
  while (members.length < subscribers) members.push(await subscribe(socketUrl, jwtSecret));
  // The first rows find a cold cache of policies; that is a start-up cost, measured elsewhere.
  await database.query(INSERT, ["warm-up", 1]);
  await untilReceived(members, 1);

  const startedMs = performance.now();
  const total = rate * RATE_SECONDS;
  const pending: Promise<unknown>[] = [];
  for (let sent = 0; sent < total; sent++) {
    const dueMs = startedMs + (sent / rate) * 1_000;
    if (dueMs > performance.now()) await delay(dueMs - performance.now());
    pending.push(database.query(INSERT, [`at ${performance.now()}`, 1]));
  }
  await Promise.all(pending);
  const perSecond = total / ((performance.now() - startedMs) / 1_000);
  const missing = await untilReceived(members, total + 1);
  for (const member of members) member.close();
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    missing,
    perSecond,
    withRls,
  };
}

function subscribe(
  socketUrl: string,
  jwtSecret: string,
  onFrame?: (payload: Buffer) => void,
): Promise<Member> {
  const payload = {
    config: { postgres_changes: [{ event: "*", schema: "public", table: "bench_rows" }] },
    access_token: signUserToken(jwtSecret, {
      sub: "00000000-0000-0000-0000-000000000001",
      role: "authenticated",
    }),
  };
  // The reply, then "Subscribed to PostgreSQL".
  return Member.join(socketUrl, `realtime:bench-${Math.random()}`, { onFrame, payload, frames: 2 });
}

/** How many frames are missing at the deadline. */
async function untilReceived(members: readonly Member[], each: number): Promise<number> {
  const deadlineMs = performance.now() + BULK_DEADLINE_MS;
  const missing = () => members.reduce((sum, member) => sum + Math.max(0, each - member.frames), 0);
  while (missing() > 0 && performance.now() < deadlineMs) await delay(5);
  return missing();
}

async function connect(connectionString: string): Promise<pg.Pool & AsyncDisposable> {
  const pool = new pg.Pool({ connectionString, max: 4 });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}
