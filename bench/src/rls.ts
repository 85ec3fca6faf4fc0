import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Member } from "./load/member.ts";
import { writeReport } from "./results.ts";
import { startServer } from "./servers/server-process.ts";
import { connect } from "./wal/rows.ts";
import { subscribe } from "./wal/subscribers.ts";

const TABLE_SQL = `
  create table bench_rows (id bigint generated always as identity primary key, class text not null, body text not null);
  alter table bench_rows enable row level security;
  create policy by_class on bench_rows for select to authenticated using (class in ('all', auth.jwt() ->> 'class'));
  alter publication supabase_realtime add table bench_rows;
  grant all on bench_rows to anon, authenticated;`;

const SUBSCRIBERS = [10, 100, 1_000, 5_000] as const;
const CLASSES_OF_SUBSCRIBERS = 3;
const CLASSES = [1, 3, 10, 50] as const;
const SUBSCRIBERS_OF_CLASSES = 500;

const ROWS = 1_000;
/** Slow enough that every commit is decided on its own. */
const SINGLE_PAUSE_S = 0.004;
const DEADLINE_MS = 120_000;
const JOINING_AT_ONCE = 20;
/** Linux counts processor time in ticks of 10 ms. */
const TICK_MS = 10;

interface Cost {
  databaseMs: number;
  nodeMs: number;
  missing: number;
}

await using server = await startServer("./tidewire.ts", { BENCH_SQL: TABLE_SQL });
await using database = await connect(server.listening.databaseUrl ?? "");
const rows: (string | number)[][] = [];

let members: Member[] = [];
for (const count of SUBSCRIBERS) {
  members = await joinUpTo(members, count, CLASSES_OF_SUBSCRIBERS);
  rows.push(await measure(`${count} subscribers in ${CLASSES_OF_SUBSCRIBERS} classes`, members));
}
for (const classes of CLASSES) {
  for (const member of members) member.close();
  members = await joinUpTo([], SUBSCRIBERS_OF_CLASSES, classes);
  rows.push(await measure(`${SUBSCRIBERS_OF_CLASSES} subscribers in ${classes} classes`, members));
}
for (const member of members) member.close();

writeReport({
  name: "rls",
  title: "What row-level security costs",
  command: "npm run rls -w @tidewire/bench",
  method:
    `${ROWS} rows are inserted that no subscriber may see, so that the cost is that of the decision alone: one a commit, each decided on its own, and ` +
    "all in one commit; then as many that everybody sees. Database: processor time of the node's ordinary sessions. Node: processor time of the whole " +
    "process, stream and heartbeats included. Milliseconds per row. Each subscriber is a channel on a topic and a socket of its own.",
  columns: [
    "audience",
    "single: database ms",
    "node ms",
    "in bulk: database ms",
    "node ms",
    "delivered to all: database ms",
    "node ms",
    "missing",
  ],
  rows,
  reading:
    "Deciding asks one question per class and batch, whatever the number of subscribers: flat in subscribers, linear in classes, and small in bulk, because " +
    "a question about a thousand rows costs little more than one about a single row. Delivering costs what the frames cost.",
});

async function measure(audience: string, to: readonly Member[]): Promise<(string | number)[]> {
  // Caches of policies and plans are warm before anything counts.
  await costOf(() => insert("nobody", 20, true), { to, deliveries: 0 });
  const single = await costOf(() => insert("nobody", ROWS, true), { to, deliveries: 0 });
  const bulk = await costOf(() => insert("nobody", ROWS, false), { to, deliveries: 0 });
  const delivered = await costOf(() => insert("all", ROWS, false), { to, deliveries: ROWS });
  const shown = [single, bulk, delivered].flatMap(({ databaseMs, nodeMs }) => [databaseMs, nodeMs]);
  const missing = single.missing + bulk.missing + delivered.missing;
  return [audience, ...shown.map((ms) => (ms / ROWS).toFixed(3)), missing];
}

async function costOf(
  work: () => Promise<unknown>,
  { to, deliveries }: { to: readonly Member[]; deliveries: number },
): Promise<Cost> {
  const before = { databaseMs: await databaseCpuMs(), nodeMs: await server.cpuMs() };
  const expected = to.map(({ frames }) => frames + deliveries + 1);
  await work();
  // Once everybody has had a row that was written behind all others, these have passed.
  await insert("all", 1, false);
  const missing = () =>
    to.reduce((sum, { frames }, index) => sum + Math.max(0, (expected[index] ?? 0) - frames), 0);
  const endMs = performance.now() + DEADLINE_MS;
  while (missing() > 0 && performance.now() < endMs) await delay(5);
  return {
    databaseMs: (await databaseCpuMs()) - before.databaseMs,
    nodeMs: (await server.cpuMs()) - before.nodeMs,
    missing: missing(),
  };
}

async function insert(name: string, count: number, oneByOne: boolean): Promise<void> {
  const values = `insert into bench_rows (class, body) select '${name}', repeat('x', 100)`;
  await database.query(
    oneByOne
      ? `do $$ begin for n in 1..${count} loop ${values}; commit; perform pg_sleep(${SINGLE_PAUSE_S}); end loop; end $$`
      : `${values} from generate_series(1, ${count})`,
  );
}

async function joinUpTo(present: readonly Member[], count: number, classes: number): Promise<Member[]> {
  const joined = [...present];
  while (joined.length < count) {
    const next = Math.min(JOINING_AT_ONCE, count - joined.length);
    const joining = Array.from({ length: next }, (_, index) =>
      subscribe(server.listening, { claims: { class: `class-${(joined.length + index) % classes}` } }),
    );
    joined.push(...(await Promise.all(joining)));
  }
  return joined;
}

/** Of the sessions in which the node asks; its replication session is not among them. */
async function databaseCpuMs(): Promise<number> {
  const { rows: sessions } = await database.query<{ pid: number }>(
    "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return sessions.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0);
}

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
