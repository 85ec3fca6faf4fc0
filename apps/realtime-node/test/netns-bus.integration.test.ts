import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import type { PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import { eventually } from "@tidewire/testkit/eventually";
import { findNatsServer } from "@tidewire/testkit/nats";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { expect, test } from "vitest";
import { type Cable, tryNetns } from "./harness/netns.ts";
import { type Cluster, startCluster } from "./harness.ts";

const PATIENCE = { withinMs: 30_000 };
const NATS_PORT = 4222;
const HISTORY_MAX = 100;
/** Comes after everything that was sent while the cable was out. */
const LAST = 1_000;
/** Whose clients are whose: the second node is the one whose cable is pulled. */
const [ANNAS, BENS] = [0, 1] as const;

/** Two nodes whose nats-server stands on another machine; clients, database and admin ports are reached without it. */
interface Remote extends AsyncDisposable {
  /** Of the second node, to the nats-server. */
  readonly cable: Cable;
  start(): Promise<Cluster>;
}

/** Undefined, with a line that says why, where this machine forbids namespaces or has no nats-server. */
function tryRemote(): Remote | undefined {
  const natsServer = findNatsServer();
  const netns = natsServer === undefined ? undefined : tryNetns();
  if (natsServer === undefined || netns === undefined) return undefined;
  const cables = [netns.cable(), netns.cable()] as const;
  const ends: AsyncDisposable[] = [netns];
  return {
    cable: cables[BENS],
    async start() {
      netns.run(natsServer, ["--addr", "0.0.0.0", "--port", String(NATS_PORT), "--log", "/dev/null"]);
      await eventually(() => answers(cables[ANNAS].farAddress), PATIENCE);
      const cluster = await startCluster({
        nodes: cables.length,
        settings: { historyMessagesMax: HISTORY_MAX },
        limits: { maxEventsPerSecond: 100_000 },
        env: (node) => ({ NATS_URL: `nats://${cables[node]?.farAddress}:${NATS_PORT}` }),
      });
      ends.push(cluster);
      return cluster;
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends.splice(0).reverse()) await end[Symbol.asyncDispose]();
    },
  };
}

test("[P3] [P4] a node cut from NATS: each side serves on, says whose node is gone, and heals without a duplicate", async ({
  skip,
}) => {
  await using remote = tryRemote();
  if (remote === undefined) return skip();
  const { cable } = remote;
  const cluster = await remote.start();
  const topic = `realtime:cut-${randomUUID()}`;
  const [besideAnna, besideBen] = [await join(cluster, ANNAS, topic), await join(cluster, BENS, topic)];
  const [anna, ben] = [await join(cluster, ANNAS, topic, "anna"), await join(cluster, BENS, topic, "ben")];
  for (const client of [besideAnna, besideBen]) {
    await eventually(() => expect(told(client)).toEqual({ anna: ["joined"], ben: ["joined"] }), PATIENCE);
  }
  publish(anna, topic, "anna", 0, 1);
  publish(ben, topic, "ben", 0, 1);
  for (const client of [besideAnna, besideBen]) {
    await eventually(() => expect(heard(client, "anna", "ben")).toHaveLength(2), PATIENCE);
  }

  cable.pull();
  // More than histories hold: what they do not give later has to be announced.
  publish(anna, topic, "anna", 1, HISTORY_MAX / 2);
  publish(ben, topic, "ben", 1, HISTORY_MAX * 2);
  await eventually(() => expect(heard(besideAnna, "anna")).toEqual(upTo(HISTORY_MAX / 2)), PATIENCE);
  await eventually(() => expect(heard(besideBen, "ben")).toEqual(upTo(HISTORY_MAX * 2)), PATIENCE);
  const departed = async (node: number) => {
    const snapshot = await cluster.inspect(node).query("presence", { ref: cluster.project.ref });
    return (snapshot as PresenceSnapshot).departures.map(({ key, node: of, cause }) => ({ key, of, cause }));
  };
  await eventually(async () => {
    expect(await departed(ANNAS)).toEqual([{ key: "ben", of: `node-${BENS}`, cause: "node-down" }]);
    expect(await departed(BENS)).toEqual([{ key: "anna", of: `node-${ANNAS}`, cause: "node-down" }]);
  }, PATIENCE);
  await eventually(() => expect(told(besideAnna).ben).toEqual(["joined", "left"]), PATIENCE);
  await eventually(() => expect(told(besideBen).anna).toEqual(["joined", "left"]), PATIENCE);
  await eventually(() => isBusAway(cluster, BENS), PATIENCE);

  cable.plug();
  await eventually(() => expect(told(besideAnna).ben).toEqual(["joined", "left", "joined"]), PATIENCE);
  await eventually(() => expect(told(besideBen).anna).toEqual(["joined", "left", "joined"]), PATIENCE);
  await untilHeard(topic, { anna, ben }, [besideAnna, besideBen]);
  for (const client of [besideAnna, besideBen]) expect(accountOf(client)).toEqual(WHOLE);
  expect(told(besideAnna).anna).toEqual(["joined"]);
  expect(told(besideBen).ben).toEqual(["joined"]);
}, 120_000);

test("[P3] [B3] a node whose cable to NATS comes and goes: each message is heard once and in order, or announced", async ({
  skip,
}) => {
  await using remote = tryRemote();
  if (remote === undefined) return skip();
  const { cable } = remote;
  const cluster = await remote.start();
  const topic = `realtime:loose-${randomUUID()}`;
  const [anna, ben] = [await join(cluster, ANNAS, topic), await join(cluster, BENS, topic)];
  publish(anna, topic, "anna", 0, 1);
  publish(ben, topic, "ben", 0, 1);
  await eventually(() => expect([heard(anna, "ben"), heard(ben, "anna")]).toEqual([[0], [0]]), PATIENCE);

  for (let n = 1; n < HISTORY_MAX; n += 10) {
    cable.pull();
    publish(anna, topic, "anna", n, n + 5);
    publish(ben, topic, "ben", n, n + 5);
    await Promise.all([anna, ben].map((client) => client.heartbeat()));
    cable.plug();
    publish(anna, topic, "anna", n + 5, n + 10);
    publish(ben, topic, "ben", n + 5, n + 10);
  }
  await untilHeard(topic, { anna, ben }, [anna, ben]);
  for (const client of [anna, ben]) expect(accountOf(client)).toEqual(WHOLE);
}, 120_000);

test("[P3] [B3] 40 ms away and 2 % of the packets lost: each message is heard once and in order, or announced", async ({
  skip,
}) => {
  await using remote = tryRemote();
  if (remote === undefined) return skip();
  const { cable } = remote;
  if (!cable.impair({ delayMs: 40, lossPercent: 2 })) return skip();
  const cluster = await remote.start();
  const topic = `realtime:far-${randomUUID()}`;
  const [anna, ben] = [await join(cluster, ANNAS, topic), await join(cluster, BENS, topic)];
  publish(anna, topic, "anna", 0, 500);
  publish(ben, topic, "ben", 0, 500);
  await untilHeard(topic, { anna, ben }, [anna, ben]);
  for (const client of [anna, ben]) expect(accountOf(client)).toEqual(WHOLE);
}, 120_000);

async function join(cluster: Cluster, node: number, topic: string, key?: string): Promise<PhoenixClient> {
  const client = await cluster.connect(node);
  await client.join(topic, { broadcast: { sequence: true }, presence: { key, enabled: true } });
  if (key !== undefined) await client.track(topic, {});
  return client;
}

function publish(client: PhoenixClient, topic: string, from: string, begin: number, end: number): void {
  for (let n = begin; n < end; n++) client.broadcast(topic, "n", { from, n });
}

/** Everybody says something more until everybody else has heard it. */
async function untilHeard(
  topic: string,
  speakers: Readonly<Record<string, PhoenixClient>>,
  listeners: readonly PhoenixClient[],
): Promise<void> {
  await eventually(() => {
    for (const [name, speaker] of Object.entries(speakers)) {
      publish(speaker, topic, name, LAST, LAST + 1);
      const others = listeners.filter((listener) => listener !== speaker);
      for (const listener of others) expect(heard(listener, name)).toContain(LAST);
    }
  }, PATIENCE);
}

interface Numbered {
  payload: { from: string; n: number };
  meta: { origin: string; seq: number };
}

function broadcastsOf(client: PhoenixClient): Numbered[] {
  const frames = client.frames.filter(({ event }) => event === "broadcast");
  return frames.map(({ payload }) => payload as Numbered);
}

/** Numbers of these senders in the order they came. */
function heard(client: PhoenixClient, ...names: string[]): number[] {
  const found = broadcastsOf(client).filter(({ payload }) => names.includes(payload.from));
  return found.map(({ payload }) => payload.n);
}

/** What became of whom, as this client was told. */
function told(client: PhoenixClient): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { event, payload } of client.frames) {
    if (event !== "presence_diff") continue;
    const { joins, leaves } = payload as { joins: object; leaves: object };
    for (const key of Object.keys(leaves)) found[key] = [...(found[key] ?? []), "left"];
    for (const key of Object.keys(joins)) found[key] = [...(found[key] ?? []), "joined"];
  }
  return found;
}

interface Account {
  /** Positions that were neither heard nor announced as lost. */
  missing: string[];
  /** Heard or announced more than once. */
  twice: string[];
  /** Heard after a later one of their origin. */
  late: string[];
}

const WHOLE: Account = { missing: [], twice: [], late: [] };

/** What became of every message up to the last one that was heard. */
function accountOf(client: PhoenixClient): Account {
  const heads = new Map<string, number>();
  const times = new Map<string, number>();
  const late: string[] = [];
  const see = (position: string) => times.set(position, (times.get(position) ?? 0) + 1);
  for (const { origin, seq } of broadcastsOf(client).map(({ meta }) => meta)) {
    const head = heads.get(origin) ?? 0;
    if (seq < head) late.push(`${origin}:${seq}`);
    heads.set(origin, Math.max(head, seq));
    see(`${origin}:${seq}`);
  }
  for (const { origin, from_seq: first, to_seq: last } of gapsOf(client)) {
    for (let seq = first; seq <= last; seq++) see(`${origin}:${seq}`);
  }
  const all = [...heads].flatMap(([origin, head]) => upTo(head).map((n) => `${origin}:${n + 1}`));
  const missing = all.filter((position) => !times.has(position));
  const twice = [...times].flatMap(([position, count]) => (count > 1 ? [position] : []));
  return { missing, twice, late };
}

interface Gap {
  origin: string;
  from_seq: number;
  to_seq: number;
}

function gapsOf(client: PhoenixClient): Gap[] {
  const systems = client.frames.filter(({ event }) => event === "system");
  return systems.flatMap(({ payload }) => ("from_seq" in (payload as object) ? [payload as Gap] : []));
}

async function isBusAway({ nodes }: Cluster, node: number): Promise<boolean> {
  const metrics = await (await fetch(`${nodes[node]?.url}/metrics`)).text();
  return /^tidewire_bus_up(\{.*\})? 0$/m.test(metrics);
}

function answers(host: string): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: NATS_PORT }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", reject);
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
