import { setTimeout as delay } from "node:timers/promises";
import { type ClusterUnderTest, startClusterUnderTest } from "./cluster/regions.ts";
import { Member } from "./load/member.ts";
import { median, percentile } from "./percentile.ts";
import { writeReport } from "./results.ts";

const ROUNDS = 3;
const REGIONS = ["eu", "us", "ap"];
const MEMBERS = 600;
/** Enough to keep a core busy; its latencies are those of a queue. */
const HEAVY = { messagesPerSecond: 200, burst: 10 };
/** So little that a message meets nobody on its way. */
const LIGHT = { messagesPerSecond: 20, burst: 1 };
const PAYLOAD = "x".repeat(200);
const PUBLISH_MS = 3_000;
const DRAIN_DEADLINE_MS = 60_000;

interface Outcome {
  deliveriesPerSecond: number;
  nodesPerCpuSecond: number;
  natsShare: number;
  localP50Ms: number;
  localP99Ms: number;
  remoteP50Ms: number;
  remoteP99Ms: number;
  missing: number;
}

/** One topic whose members are spread evenly; one publisher on the first node. */
async function measure({ nodes, natsCpuMs }: ClusterUnderTest): Promise<Outcome> {
  const topic = `realtime:bench-${Math.random()}`;
  const latencies = nodes.map((): number[] => []);
  const members: Member[] = [];
  for (let index = 0; index < MEMBERS; index++) {
    const node = index % nodes.length;
    const isWitness = index < nodes.length;
    const onFrame = (payload: Buffer) => {
      const sentAtMs = Number(/"at":([\d.]+)/.exec(payload.toString("latin1"))?.[1]);
      if (Number.isFinite(sentAtMs)) latencies[node]?.push(performance.now() - sentAtMs);
    };
    members.push(await Member.join(urlOf(nodes, node), topic, isWitness ? { onFrame } : {}));
  }
  const publisher = await Member.join(urlOf(nodes, 0), topic);
  const received = () => members.reduce((sum, member) => sum + member.frames, 0);

  await publish(publisher, topic, LIGHT, received);
  const [local = [], ...others] = latencies.map((list) => list.splice(0));
  const remote = others.flat();

  const cpuMs = async () => (await Promise.all(nodes.map((node) => node.cpuMs()))).reduce((a, b) => a + b, 0);
  const [nodesBeforeMs, natsBeforeMs] = [await cpuMs(), natsCpuMs()];
  const { deliveries, missing, elapsedMs } = await publish(publisher, topic, HEAVY, received);
  const [nodesMs, natsMs] = [(await cpuMs()) - nodesBeforeMs, natsCpuMs() - natsBeforeMs];
  for (const member of [...members, publisher]) member.close();
  return {
    deliveriesPerSecond: deliveries / (elapsedMs / 1_000),
    nodesPerCpuSecond: deliveries / (nodesMs / 1_000),
    natsShare: natsMs / nodesMs,
    localP50Ms: percentile(local, 0.5),
    localP99Ms: percentile(local, 0.99),
    remoteP50Ms: percentile(remote, 0.5),
    remoteP99Ms: percentile(remote, 0.99),
    missing,
  };
}

/** Open loop; resolves when every member has everything, or after a minute. */
async function publish(
  publisher: Member,
  topic: string,
  { messagesPerSecond, burst }: typeof HEAVY,
  received: () => number,
): Promise<{ deliveries: number; missing: number; elapsedMs: number }> {
  const before = received();
  const startedMs = performance.now();
  let sent = 0;
  while (performance.now() - startedMs < PUBLISH_MS) {
    for (let i = 0; i < burst; i++) {
      const tick = { at: performance.now(), n: sent++, text: PAYLOAD };
      const payload = { type: "broadcast", event: "tick", payload: tick };
      publisher.send(JSON.stringify(["1", String(sent), topic, "broadcast", payload]));
    }
    await delay(Math.max(0, startedMs + (sent / messagesPerSecond) * 1_000 - performance.now()));
  }
  const expected = sent * MEMBERS;
  const deadlineMs = performance.now() + DRAIN_DEADLINE_MS;
  while (received() - before < expected && performance.now() < deadlineMs) await delay(10);
  const deliveries = received() - before;
  return { deliveries, missing: expected - deliveries, elapsedMs: performance.now() - startedMs };
}

function urlOf(nodes: ClusterUnderTest["nodes"], index: number): string {
  return nodes[index]?.listening.socketUrl ?? "";
}

const sizes = REGIONS.map((_, index) => index + 1);
const outcomes = new Map(sizes.map((size): [number, Outcome[]] => [size, []]));
// Interleaved, so that whatever else the machine does hits all alike.
for (let round = 0; round < ROUNDS; round++) {
  for (const size of sizes) {
    await using cluster = await startClusterUnderTest(REGIONS.slice(0, size));
    outcomes.get(size)?.push(await measure(cluster));
  }
}
const of = (size: number, field: keyof Outcome) =>
  median((outcomes.get(size) ?? []).map((outcome) => outcome[field]));
const baseline = 1 / of(1, "nodesPerCpuSecond");
const added = (size: number, local: keyof Outcome, remote: keyof Outcome) =>
  size === 1 ? "-" : (of(size, remote) - of(size, local)).toFixed(1);

writeReport({
  name: "cluster",
  title: "Fan-out of one topic over one, two and three regions",
  command: "npm run cluster -w @tidewire/bench",
  method:
    `${MEMBERS} members of one topic are spread evenly over the nodes; one publisher on the first node sends messages of ` +
    `${PAYLOAD.length} bytes: for the latencies ${LIGHT.messagesPerSecond} per second, then for the rest ${HEAVY.messagesPerSecond} per second, ` +
    `${HEAVY.burst} at a time, ${PUBLISH_MS / 1_000} s each. Every node is a process of its own, in a ` +
    `region of its own with its own nats-server; gateways on loopback join the regions. The bus hop is the latency of members on the ` +
    `other nodes less that of members on the publisher's. All processes and the load share the machine: the ratios per CPU-second are ` +
    `the figures to trust. Median of ${ROUNDS} interleaved rounds.`,
  columns: [
    "nodes",
    "deliveries/s",
    "µs of node CPU per delivery",
    "against one node",
    "NATS CPU / node CPU",
    "local p50 ms",
    "local p99 ms",
    "bus hop p50 ms",
    "bus hop p99 ms",
    "missing",
  ],
  rows: sizes.map((size) => [
    size,
    Math.round(of(size, "deliveriesPerSecond")),
    (1e6 / of(size, "nodesPerCpuSecond")).toFixed(1),
    (1 / of(size, "nodesPerCpuSecond") / baseline).toFixed(2),
    of(size, "natsShare").toFixed(2),
    of(size, "localP50Ms").toFixed(1),
    of(size, "localP99Ms").toFixed(1),
    added(size, "localP50Ms", "remoteP50Ms"),
    added(size, "localP99Ms", "remoteP99Ms"),
    of(size, "missing"),
  ]),
  reading:
    "A message crosses to each other region once, however many members are there, and is encoded there once per serializer: " +
    "so more nodes cost per message, not per delivery. The hop is two NATS servers and one more event loop; on a busy machine " +
    "most of it is waiting for a turn.",
});
