import { median } from "./percentile.ts";
import { writeReport } from "./results.ts";
import { BULK_ROWS, type BulkOutcome, measureBulk, PER_COMMIT } from "./wal/bulk.ts";
import { type Load, measureLatency } from "./wal/latency.ts";

/** Reader and reference follow each other within seconds, and each pair is compared with itself. */
const BULK_ROUNDS = 3;
const HOT_SPOTS_SHOWN = 8;

/** Everybody hears everything; then ten times the subscribers in ten rooms, so that a row goes to as many of them. */
const RATES = [100, 1_000, 2_000, 5_000] as const;
const LOADS: readonly Load[] = [
  ...RATES.map((rowsPerSecond) => ({ rowsPerSecond, subscribers: 100, rooms: 1 })),
  ...RATES.map((rowsPerSecond) => ({ rowsPerSecond, subscribers: 1_000, rooms: 10 })),
];

const rows: (string | number)[][] = [];

const rounds: BulkOutcome[] = [];
for (let round = 0; round < BULK_ROUNDS; round++) rounds.push(await measureBulk());
const { hotSpots } = await measureBulk(true);
const load = `${BULK_ROWS} rows waiting, ${PER_COMMIT} a commit`;
const both = rounds.flatMap(({ ours, theirs }) => (theirs === undefined ? [] : [{ ours, theirs }]));
if (both.length > 0) {
  const perSecond = Math.round(median(both.map(({ theirs }) => theirs.rowsPerSecond)));
  const perCpu = Math.round(median(both.map(({ theirs }) => theirs.rowsPerCpuSecond)));
  rows.push(["pg_recvlogical to a pipe", load, perSecond, perCpu, "1.00", "", "", "", "", ""]);
}
rows.push([
  "tidewire to one subscriber",
  load,
  Math.round(median(rounds.map(({ ours }) => ours.rowsPerSecond))),
  Math.round(median(rounds.map(({ ours }) => ours.rowsPerCpuSecond))),
  both.length === 0
    ? ""
    : median(both.map(({ ours, theirs }) => ours.rowsPerSecond / theirs.rowsPerSecond)).toFixed(2),
  "",
  "",
  "",
  "",
  rounds.reduce((sum, { ours }) => sum + ours.missing, 0),
]);

for (const withRls of [false, true]) {
  for (const { load, outcome } of await measureLatency(withRls, LOADS)) {
    const { rowsPerSecond, subscribers, rooms } = load;
    rows.push([
      `RLS ${withRls ? "on" : "off"}, ${subscribers} subscribers, ${subscribers / rooms} to a row`,
      `${rowsPerSecond} rows/s, 1 a commit`,
      Math.round(outcome.rowsPerSecond),
      "",
      "",
      Math.round(outcome.deliveriesPerSecond),
      outcome.p50Ms.toFixed(1),
      outcome.p99Ms.toFixed(1),
      `${Math.round(outcome.nodeCpu * 100)} %`,
      outcome.missing,
    ]);
  }
}

const spots = hotSpots
  .slice(0, HOT_SPOTS_SHOWN)
  .map(({ name, share }) => `${name} ${(share * 100).toFixed(1)} %`)
  .join("; ");

writeReport({
  name: "wal",
  title: "Row changes from commit to client",
  command: "npm run wal -w @tidewire/bench",
  method:
    "Rows of 7 columns (300 bytes in the stream, 600 at the client) on embedded Postgres; node, database, load and receivers share the machine. " +
    "Bulk: once the node is warm, a backlog is written while nobody may connect; the node comes back to it and delivers it to one subscriber on a raw socket in another " +
    "process, then pg_recvlogical reads the same WAL with the same plugin from a slot made before it; each is measured from its first row to its " +
    `last, median of ${BULK_ROUNDS} pairs, CPU seconds are those of the reading process. Latency: a loop in the server commits one row at a time at a ` +
    "steady rate; each subscriber is in one of 3 classes of claims and on a topic of its own, and all are read in one process; times are from the " +
    "insert to the frame, on the machine's one clock, at three of them in another process: one of each class, the first, the middle and the last " +
    "that joined. With RLS a policy tells the classes apart and shows all of them every row.",
  columns: [
    "consumer",
    "load",
    "rows/s",
    "rows per CPU-s",
    "ratio",
    "deliveries/s",
    "p50 ms",
    "p99 ms",
    "node CPU",
    "missing",
  ],
  rows,
  reading:
    "What a row costs is told by the CPU columns whatever else the machine does; wall times and latencies only by an idle machine.\n\n" +
    `Where the node's processor time goes while it drains the backlog (self time, profiled run): ${spots}.\n\n` +
    "The three hottest spots of the first version, and what became of them. (1) Envelopes between home and node were JSON, checked field by field " +
    "and turned into text and back (20 %): now bytes behind fixed facts, never parsed. (2) The collector (19 to 22 %): rows waited in a queue of " +
    "16 MB until they were old; each column list, time and LSN was rendered again for each row; each pair of row and channel had its maps and keys: " +
    "now 4 MB, rendered once a transaction, and lists shared by all channels that are told the same. (3) Reading the stream through two libraries " +
    "(15 %): now from the socket.\n\n" +
    "With 1,000 subscribers on topics of their own at 2,000 rows/s, half of the node's time is the kernel's in 1,000 writes a turn. What was to be had " +
    "beside it: the frames of each socket and turn were a buffer of their own, 40,000 a second and 120 MB/s outside the heap, for which V8 marked on the " +
    "other core almost without a pause (17 % of the process) and stopped this one again and again; now they are put together in one room where they are " +
    "written (4 % is left).",
});
