import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { type Cluster, startCluster } from "../../apps/realtime-node/test/harness.ts";
import { median, percentile } from "./percentile.ts";
import { writeReport } from "./results.ts";

const TRIALS = 20;
const SENDS_EVERY_MS = 20;
const DEADLINE_MS = 30_000;
const SOCKETS = 100;
const SETUPS = [
  { nodes: 1, bystanders: 0 },
  { nodes: 2, bystanders: 0 },
  { nodes: 1, bystanders: 2_000 },
  { nodes: 2, bystanders: 2_000 },
] as const;

const SQL = `
  create policy "staff reads" on realtime.messages for select to authenticated using (realtime.topic() not like 'secret-%');
  create policy "staff writes" on realtime.messages for insert to authenticated with check (true);`;
const POLICY = `create policy "guests" on realtime.messages for select to authenticated using (realtime.topic() like 'secret-%')`;
const DROP = 'drop policy "guests" on realtime.messages';
const UNLIMITED = 10_000_000;

interface Trial {
  /** From the commit to the last frame that the policy had allowed, and to the channel's end. */
  lastFrameMs: number;
  toldMs: number;
}

const rows: (string | number)[][] = [];
for (const { nodes, bystanders } of SETUPS) {
  await using cluster = await startCluster({
    nodes,
    sql: SQL,
    limits: { maxConcurrentUsers: UNLIMITED, maxJoinsPerSecond: UNLIMITED, maxEventsPerSecond: UNLIMITED },
  });
  // The home is on the last node, the channels are on the first.
  await (await connect(cluster, nodes - 1)).join("realtime:first", { private: true });
  const others = await joinBystanders(cluster, bystanders);
  const trials: Trial[] = [];
  for (let trial = 0; trial < TRIALS; trial++) trials.push(await revoke(cluster, `secret-${trial}`));
  const closed = others.flatMap(({ frames }) => frames).filter(({ event }) => event === "phx_close").length;
  const of = (field: keyof Trial) => trials.map((trial) => trial[field]);
  rows.push([
    nodes,
    bystanders,
    TRIALS,
    ...(["lastFrameMs", "toldMs"] as const).flatMap((field) => [
      Math.round(median(of(field))),
      Math.round(percentile(of(field), 1)),
    ]),
    closed,
  ]);
}

function connect(cluster: Cluster, node: number): Promise<PhoenixClient> {
  return cluster.connect(node, { apikey: cluster.project.database.token({ sub: randomUUID() }) });
}

async function joinBystanders(cluster: Cluster, channels: number): Promise<PhoenixClient[]> {
  const clients: PhoenixClient[] = [];
  const each = channels / SOCKETS;
  for (let socket = 0; socket < SOCKETS && each > 0; socket++) {
    const client = await connect(cluster, 0);
    for (let topic = 0; topic < each; topic++)
      await client.join(`realtime:room-${socket}-${topic}`, { private: true });
    clients.push(client);
  }
  return clients;
}

/** Gives a channel its policy, lets it listen to a stream of broadcasts, and takes the policy away. */
async function revoke(cluster: Cluster, name: string): Promise<Trial> {
  const topic = `realtime:${name}`;
  await using database = await cluster.project.database.connect();
  await database.query(POLICY);
  const [member, sender] = [await connect(cluster, 0), await connect(cluster, 0)];
  for (const client of [member, sender]) await client.join(topic, { private: true });
  const timer = setInterval(
    () => sender.send(topic, "broadcast", { type: "broadcast", event: "tick", payload: {} }),
    SENDS_EVERY_MS,
  );
  try {
    await member.expectFrame({ topic, event: "broadcast" }, { withinMs: DEADLINE_MS });
    // Anywhere between two looks of the home, and after it has seen the policy come.
    await delay(1_500 + Math.random() * 1_000);
    await database.query(DROP);
    const committedMs = Date.now();
    const end = await member.expectFrame({ topic, event: "phx_close" }, { withinMs: DEADLINE_MS });
    const last = member.frames.findLast((frame) => frame.topic === topic && frame.event === "broadcast");
    return { lastFrameMs: (last?.atMs ?? committedMs) - committedMs, toldMs: end.atMs - committedMs };
  } finally {
    clearInterval(timer);
    await Promise.all([member.close(), sender.close()]);
  }
}

writeReport({
  name: "revocation",
  title: "From `drop policy` to the last frame",
  command: "npm run revocation -w @tidewire/bench",
  method:
    `A private channel hears a broadcast every ${SENDS_EVERY_MS} ms by a policy that is dropped at a random moment. Times are from the commit, as the ` +
    "session that dropped it saw it, to the last broadcast and to the channel's end at the client. Bystanders are private " +
    "channels of other users, each of which has to be asked about as well; with two nodes the home is on the other one.",
  columns: [
    "nodes",
    "bystanders",
    "trials",
    "last frame median ms",
    "max ms",
    "told median ms",
    "max ms",
    "bystanders closed",
  ],
  rows,
  reading:
    "The home looks once a second, so half a second is the median to be expected and one second the worst, and then come the checks: " +
    "one for each bystander, before the channel's own or after it (docs/decisions/0015).",
});
