import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { tryNetns } from "../../apps/realtime-node/test/harness/netns.ts";
import { startFleet } from "../../apps/realtime-node/test/soak/fleet.ts";
import { frozenClients, killedClients, stalledClients } from "./bounds/clients.ts";
import { drains } from "./bounds/drains.ts";
import { gaps } from "./bounds/gaps.ts";
import { nodeDeaths, prepareRows } from "./bounds/node-deaths.ts";
import { partitions } from "./bounds/partitions.ts";
import { resumes } from "./bounds/resumes.ts";
import { NODES, REGIONS } from "./bounds/room.ts";
import { COLUMNS, failed, never, share, timed } from "./bounds/table.ts";
import { unpluggedClients } from "./bounds/unplugged.ts";
import { wakes } from "./bounds/wakes.ts";
import { writeReport } from "./results.ts";

const TRIALS = Number(process.env.BOUNDS_TRIALS ?? 20);
/** Names of measurements, to look at some of them only; nothing is written then. */
const ONLY = process.env.BOUNDS_ONLY?.split(",");
/** For each measurement; the longest takes two minutes on an idle machine. */
const LIMIT_MS = 300_000;
const [load = 0] = loadavg();

await using netns = tryNetns() ?? null;
const cable = netns?.cable();
const host = cable?.hostAddress ?? "127.0.0.1";
await using fleet = await startFleet(REGIONS, NODES, { TIDEWIRE_HOST: host });
await prepareRows(fleet);

const rows: (string | number)[][] = [];
/** One measurement at a time, unless it says otherwise: they would disturb each other. */
async function measure(name: string, run: () => Promise<(string | number)[][]>): Promise<void> {
  if (ONLY !== undefined && !ONLY.includes(name)) return;
  const startedMs = Date.now();
  const tooLong = delay(LIMIT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`no end after ${LIMIT_MS / 1_000} s`);
  });
  const found = await Promise.race([run(), tooLong]).catch((error: unknown) => [failed(name, error)]);
  process.stdout.write(`${name}, ${Math.round((Date.now() - startedMs) / 1_000)} s\n`);
  for (const row of found) process.stdout.write(`  ${row.join(" | ")}\n`);
  rows.push(...found);
}

await measure("gaps", async () => {
  const { closedMs, announced } = await gaps(fleet, TRIALS);
  return [
    timed("a hole in a sequence: repaired or announced", closedMs, 250),
    share("of these: announced instead of repaired", announced),
  ];
});
await measure("killed", async () => [timed("killed client gone", await killedClients(fleet, TRIALS), 1_000)]);
await measure("silent", async () => {
  const [frozen, stalled] = await Promise.all([frozenClients(fleet, TRIALS), stalledClients(fleet, TRIALS)]);
  return [
    timed("frozen client gone", frozen, 10_000),
    never("client evicted that stood still for 3 s", stalled),
  ];
});
await measure("deaths", async () => {
  const { membersGone, homeTakenOver, resumed } = await nodeDeaths(fleet, TRIALS);
  return [
    timed("members of a killed node gone", membersGone, 5_000),
    timed("home taken over: from the kill to a row that was committed after it", homeTakenOver),
    timed("resume elsewhere right after the origin was killed, 50 messages", resumed),
  ];
});
await measure("resumes", async () => [
  timed("resume in another region, 50 messages", await resumes(fleet, TRIALS)),
]);
await measure("partitions", async () => {
  const { missedMs, unnamed, backMs, heardMs, untrue } = await partitions(fleet, TRIALS);
  return [
    timed("partition: members on the other side shown as gone, on either side", missedMs, 5_000),
    never("partition: a node that does not name them as unreachable", unnamed),
    timed("partition healed: from the link to members shown again", backMs),
    timed("partition healed: from the link to the last broadcast that it held up", heardMs),
    never("partition healed: anything told twice, or lost without a word", untrue),
  ];
});
await measure("drains", async () => {
  const { recoveredMs, flickered, lost } = await drains(fleet, TRIALS);
  return [
    timed("drain: from the client's return to `Recovered` on another node", recoveredMs),
    never("drain: a leave or join seen of a client that was back within 2 s", flickered),
    never("drain: a broadcast lost or heard twice by a client that resumes", lost),
  ];
});
await measure("wakes", async () => [
  timed(
    "page with `@tidewire/client` live again after sleep, token expired",
    await wakes(fleet, TRIALS),
    2_000,
  ),
]);
await measure("unplugged", async () => {
  if (netns === null || cable === undefined) throw new Error("this machine forbids network namespaces");
  return [timed("unplugged client gone", await unpluggedClients(fleet, { netns, cable }, TRIALS), 10_000)];
});

if (ONLY === undefined) {
  writeReport({
    name: "bounds",
    title: "Bounds of liveness and recovery",
    command: "npm run bounds -w @tidewire/bench",
    method: `Four node processes in two regions on two nats-servers joined by gateways, Postgres, raw clients, and Chromium for the pages, all
on this machine; its load average was ${load.toFixed(1)} before. Times are from the fault to the frame at a member on another node, by the machine's
one clock. A hole is timed on the node that has it, by its traces: from the arrival of the first message behind the hole to its turn. Frozen and
stalled clients stop reading their sockets; unplugged ones are processes behind a cable that is pulled; each is met at another moment between two
pings. The drained client returns after 0 to 1.5 s. Pages are frozen until their tokens have expired and their sockets are closed.`,
    columns: COLUMNS,
    rows,
    reading: `A silent client is asked after 3 and 6 s and given up after 9. A node is given up after 4 s without a beat. After these cuts
the way to ask comes back up to 0.2 s later than the way on which messages come, so a node with a hole asks again and again; when the
origin was silent for 2 s before, it waits for up to 4 s rather than 250 ms before it gives messages up. Nobody promises how long healing takes once nats-servers have found each other again: a node is known by its next beat, within
a second, and is asked at once. A home that is dead is found by the first question that nobody answers, at the latest by 3.5 s of silence.`,
  });
}
