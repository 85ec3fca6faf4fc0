import { startFleet } from "../../apps/realtime-node/test/soak/fleet.ts";
import { drains, frozenClients, killedClients, nodeDeaths, partitions, resumes } from "./bounds/trials.ts";
import { median } from "./percentile.ts";
import { writeReport } from "./results.ts";

const TRIALS = Number(process.env.BOUNDS_TRIALS ?? 20);
const REGIONS = ["eu", "us"];
const NODES = ["eu", "eu", "us", "us"];

await using fleet = await startFleet(REGIONS, NODES);
await fleet.project.database.query(`
  create table public.bound_rows (id bigint generated always as identity primary key, n int);
  alter publication supabase_realtime add table public.bound_rows;`);

const rows: (string | number)[][] = [];
function add(what: string, bound: string, took: readonly number[]): void {
  rows.push([what, took.length, median(took).toFixed(0), Math.max(...took).toFixed(0), bound]);
  process.stdout.write(`${what}: ${took.map((ms) => ms.toFixed(0)).join(" ")}\n`);
}

add("killed client gone", "1000", await killedClients(fleet, TRIALS));
add("frozen client gone", "10000", await frozenClients(fleet, TRIALS));
add("resume after a reconnect, 50 messages missed", "-", await resumes(fleet, TRIALS));
const { movedMs, moves } = await drains(fleet, TRIALS);
add("drain: from the close to `Recovered` on another node", "2000", movedMs);
add("drain: presence events told of a member that moved (count)", "0", moves);
const { membersGone, homeTakenOver } = await nodeDeaths(fleet, TRIALS);
add("members of a killed node gone", "5000", membersGone);
add("home taken over: from the kill to a row committed after it", "-", homeTakenOver);
const { membersBack, gapRepaired } = await partitions(fleet, TRIALS, "us");
add("partition healed: from the link to members shown again", "-", membersBack);
add("gap repaired: from the message that shows it to the last one missed", "250", gapRepaired);

writeReport({
  name: "bounds",
  title: "Bounds of liveness and recovery",
  command: "npm run bounds --workspace bench",
  method: `Four node processes in two regions on two nats-servers joined by gateways, Postgres, and raw clients, all on this machine. Times
are milliseconds of one clock, from the fault to the frame at a member on another node in the other region.`,
  columns: ["what", "trials", "p50", "max", "bound"],
  rows,
  reading: `A frozen client answers no ping: 9 s of silence, then its leave. A killed node is missed for 4 s of beats. "Gap repaired" counts
from the newest message sent before the hole was filled, every ${25} ms; a partition's end is seen by the next beat, within a second.`,
});
