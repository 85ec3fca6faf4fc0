import { setTimeout as delay } from "node:timers/promises";
import { Member } from "./load/member.ts";
import { median, percentile } from "./percentile.ts";
import { writeReport } from "./results.ts";
import { type ServerProcess, startServer } from "./servers/server-process.ts";

const ROUNDS = 3;
const PAYLOAD = "x".repeat(200);
const BURST = 10;
const PUBLISH_MS = 3_000;
const DRAIN_DEADLINE_MS = 60_000;
const SIZES = [
  { members: 100, messagesPerSecond: 1_000 },
  { members: 1_000, messagesPerSecond: 200 },
] as const;
const SERVERS = [
  { name: "plain ws, one send per member", module: "./plain-ws.ts" },
  { name: "tidewire node", module: "./tidewire.ts" },
] as const;

interface Outcome {
  deliveriesPerCpuSecond: number;
  deliveriesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  missing: number;
}

/** Open loop: a publisher sends bursts at a fixed rate to one topic; every member but itself must get every message. */
async function measure(server: ServerProcess, members: number, messagesPerSecond: number): Promise<Outcome> {
  const topic = `realtime:bench-${members}-${Math.random()}`;
  const latencies: number[] = [];
  const witness = await Member.join(server.listening.socketUrl, topic, {
    onFrame: (payload) => {
      const sentAtMs = Number(/"at":([\d.]+)/.exec(payload.toString("latin1"))?.[1]);
      if (Number.isFinite(sentAtMs)) latencies.push(performance.now() - sentAtMs);
    },
  });
  const others: Member[] = [];
  for (let i = 1; i < members; i++) others.push(await Member.join(server.listening.socketUrl, topic));
  const publisher = await Member.join(server.listening.socketUrl, topic);
  const audience = [witness, ...others];

  const cpuBeforeMs = await server.cpuMs();
  const startedMs = performance.now();
  let sent = 0;
  while (performance.now() - startedMs < PUBLISH_MS) {
    for (let i = 0; i < BURST; i++) {
      const payload = {
        type: "broadcast",
        event: "tick",
        payload: { at: performance.now(), n: sent++, text: PAYLOAD },
      };
      publisher.send(JSON.stringify(["1", String(sent), topic, "broadcast", payload]));
    }
    const dueMs = startedMs + (sent / messagesPerSecond) * 1_000;
    await delay(Math.max(0, dueMs - performance.now()));
  }
  const expected = sent * audience.length;
  const received = () => audience.reduce((sum, member) => sum + member.frames, 0);
  const deadlineMs = performance.now() + DRAIN_DEADLINE_MS;
  while (received() < expected && performance.now() < deadlineMs) await delay(10);
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = (await server.cpuMs()) - cpuBeforeMs;
  for (const member of [...audience, publisher]) member.close();
  return {
    deliveriesPerCpuSecond: received() / (cpuMs / 1_000),
    deliveriesPerSecond: received() / (elapsedMs / 1_000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    missing: expected - received(),
  };
}

const rows: (string | number)[][] = [];
for (const { members, messagesPerSecond } of SIZES) {
  const outcomes = new Map<string, Outcome[]>(SERVERS.map(({ name }) => [name, []]));
  // Interleaved, so that whatever else the machine does hits both alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, module } of SERVERS) {
      await using server = await startServer(module);
      outcomes.get(name)?.push(await measure(server, members, messagesPerSecond));
    }
  }
  const of = (name: string, field: keyof Outcome) =>
    median((outcomes.get(name) ?? []).map((outcome) => outcome[field]));
  const baseline = of(SERVERS[0].name, "deliveriesPerCpuSecond");
  for (const { name } of SERVERS) {
    const perCpu = of(name, "deliveriesPerCpuSecond");
    rows.push([
      name,
      members,
      `${messagesPerSecond * members}`,
      Math.round(of(name, "deliveriesPerSecond")),
      Math.round(perCpu),
      (perCpu / baseline).toFixed(1),
      of(name, "p50Ms").toFixed(1),
      of(name, "p99Ms").toFixed(1),
      of(name, "missing"),
    ]);
  }
}

writeReport({
  name: "fan-out",
  title: "Fan-out of one topic",
  command: "npm run fan-out -w @tidewire/bench",
  method:
    `One publisher sends ${BURST} messages of ${PAYLOAD.length} bytes at a time to one topic, for ${PUBLISH_MS / 1_000} s at a fixed rate; every ` +
    `member receives all of them on a raw TCP socket in another process. Server and load share the machine, so the ratio per ` +
    `CPU-second of the server is the figure to trust. Median of ${ROUNDS} interleaved rounds.`,
  columns: [
    "server",
    "members",
    "offered deliveries/s",
    "deliveries/s",
    "per server CPU-s",
    "ratio",
    "p50 ms",
    "p99 ms",
    "missing",
  ],
  rows,
  reading:
    "A naive server spends its time in one system call per member and message. The node builds each frame once, joins what one " +
    "event-loop turn brings, and writes once per member (docs/decisions/0005).",
});
