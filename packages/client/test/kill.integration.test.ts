import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { findNatsServer, type Nats, startNats } from "@tidewire/testkit/nats";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { seededRandom } from "@tidewire/testkit/seeded-random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createTestControlPlane,
  createTestProject,
  type TestControlPlane,
  type TestProject,
} from "../../../apps/realtime-node/test/harness/control-plane.ts";
import {
  buildNode,
  type NodeProcess,
  startNodeProcess,
} from "../../../apps/realtime-node/test/harness/node-process.ts";
import type { TidewireChannel } from "../src/index.ts";
import { createLiveClient, type LiveClient, subscribed } from "./live-client.ts";
import { startMovingServer } from "./moving-server.ts";

const BACK = { withinMs: 45_000 };
const SERIALIZERS = ["1.0.0", "2.0.0"] as const;
/** More than one, so that a storm could be seen. */
const MEMBERS = 5;

describe.skipIf(findNatsServer() === undefined)("kill -9 of a client's node", () => {
  const ends: (() => Promise<unknown>)[] = [];
  let nats: Nats;
  let postgres: TestPostgres;
  let control: TestControlPlane;
  let project: TestProject;
  let stateRoot: string;
  beforeAll(async () => {
    await buildNode();
    stateRoot = await mkdtemp(join(tmpdir(), "tidewire-kill-"));
    ends.push(() => rm(stateRoot, { recursive: true, force: true }));
    nats = await startNats();
    ends.push(async () => nats[Symbol.asyncDispose]());
    postgres = await startTestPostgres();
    ends.push(async () => postgres[Symbol.asyncDispose]());
    control = await createTestControlPlane(postgres);
    ends.push(async () => control[Symbol.asyncDispose]());
    project = await createTestProject(control, postgres, { limits: { maxEventsPerSecond: 100_000 } });
  }, 120_000);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  interface TwoNodes extends AsyncDisposable {
    readonly doomed: NodeProcess;
    /** As they are given to `createClient`. */
    readonly urls: readonly [doomed: string, other: string];
  }

  async function startTwoNodes(): Promise<TwoNodes> {
    const start = (name: string) =>
      startNodeProcess(control, {
        TIDEWIRE_NODE_ID: name,
        TIDEWIRE_STATE_DIR: join(stateRoot, name),
        TIDEWIRE_OWNER_PID: String(process.pid),
        NATS_URL: nats.url,
      });
    const nodes = ["doomed", "other"].map((role) => start(`${role}-${randomUUID().slice(0, 8)}`));
    const end = async () => {
      for (const { child } of nodes) child.kill("SIGKILL");
      await Promise.all(nodes.map(({ exited }) => exited));
    };
    try {
      const [doomed, other] = nodes as [NodeProcess, NodeProcess];
      const urls = await Promise.all([doomed.url(), other.url()]);
      await eventually(async () => {
        for (const url of urls) expect(await healthyPeers(url)).toBe(1);
      }, BACK);
      const [first, second] = urls.map((url) => `${url}/p/${project.ref}`) as [string, string];
      return { doomed, urls: [first, second], [Symbol.asyncDispose]: end };
    } catch (error) {
      await end();
      throw error;
    }
  }

  test.each(SERIALIZERS)(
    "[P3] [B33] over %s: it goes on at the other node, and what is said either way is heard once and in order",
    async (vsn) => {
      const random = seededRandom();
      await using nodes = await startTwoNodes();
      await using server = await startMovingServer(nodes.urls[0]);
      const apikey = project.keys.publishable.value;
      await using mover = createLiveClient(server.url, apikey, { vsn });
      await using stayer = createLiveClient(nodes.urls[1], apikey, { vsn });
      const topic = `kill-${randomUUID()}`;
      const [moving, staying] = [mover.live.channel(topic), stayer.live.channel(topic)];
      const [heardByMover, heardByStayer] = [listen(moving), listen(staying)];
      await Promise.all([subscribed(moving), subscribed(staying)]);

      const accepted: Promise<unknown>[] = [];
      let n = 0;
      const publishBoth = () => {
        for (const channel of [moving, staying]) accepted.push(channel.publish("n", { n }));
        n++;
      };
      const killAt = 50 + random.below(200);
      while (n < killAt) {
        publishBoth();
        if (random.chance(0.3)) await new Promise(setImmediate);
      }
      nodes.doomed.child.kill("SIGKILL");
      server.pointTo(nodes.urls[1]);
      await eventually(() => {
        publishBoth();
        return moving.diagnose().recoveries.length > 0;
      }, BACK);
      for (let i = 0; i < 20; i++) publishBoth();

      await Promise.all(accepted);
      await eventually(() => expect([heardByMover.length, heardByStayer.length]).toEqual([n, n]), BACK);
      expect(heardByMover, `seed ${random.seed}`).toEqual(upTo(n));
      expect(heardByStayer, `seed ${random.seed}`).toEqual(upTo(n));
      for (const channel of [moving, staying]) expect(channel.diagnose().gaps).toEqual([]);
    },
    120_000,
  );

  test("[P24] [M5] its members come back with one join and one leave each, and are shown once", async () => {
    await using nodes = await startTwoNodes();
    await using server = await startMovingServer(nodes.urls[0]);
    const apikey = project.keys.publishable.value;
    const topic = `members-${randomUUID()}`;
    await using stayer = createLiveClient(nodes.urls[1], apikey);
    const staying = stayer.live.channel(topic, { config: { presence: { key: "stayer" } } });
    const seen: string[] = [];
    staying.on("presence", { event: "join" }, ({ key }) => seen.push(`${key} joins`));
    staying.on("presence", { event: "leave" }, ({ key }) => seen.push(`${key} leaves`));
    await subscribed(staying);
    const names = upTo(MEMBERS).map((n) => `member-${n}`);
    const movers: LiveClient[] = [];
    await using _movers = { [Symbol.asyncDispose]: () => endAll(movers) };
    for (const key of names) {
      const mover = createLiveClient(server.url, apikey);
      movers.push(mover);
      const channel = mover.live.channel(topic, { config: { presence: { key } } });
      await subscribed(channel);
      await channel.track({ mood: "calm" });
    }
    await eventually(() => expect(sorted(seen)).toEqual(names.map((name) => `${name} joins`)), BACK);

    nodes.doomed.child.kill("SIGKILL");
    server.pointTo(nodes.urls[1]);
    // The dead node's part is void when its lease ends; who is back before that is there twice meanwhile, and never away.
    const each = names.flatMap((name) => [`${name} joins`, `${name} joins`, `${name} leaves`]);
    await eventually(() => expect(sorted(seen)).toEqual(each), BACK);
    const state = staying.presenceState<{ mood: string }>();
    expect(sorted(Object.keys(state))).toEqual(names);
    for (const name of names) expect(state[name]).toMatchObject([{ mood: "calm" }]);
  }, 120_000);
});

function listen(channel: TidewireChannel): number[] {
  const heard: number[] = [];
  channel.on("broadcast", { event: "n" }, ({ payload }) => heard.push(payload.n));
  return heard;
}

async function endAll(clients: readonly LiveClient[]): Promise<void> {
  for (const client of clients) await client[Symbol.asyncDispose]();
}

async function healthyPeers(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^tidewire_peers\{health="healthy"[^}]*\} (\d+)$/m.exec(metrics)?.[1]);
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort();
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
