import { randomUUID } from "node:crypto";
import { decodeRoomMessage } from "@tidewire/protocol/cluster/fanout";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { eventually } from "@tidewire/testkit/eventually";
import { findNatsServer, type Nats, startNats } from "@tidewire/testkit/nats";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const REGIONS = ["eu", "us", "ap"] as const;
const MESSAGES = 300;
const PATIENCE = { withinMs: 30_000 };
const SQL = `
  create table public.notes (id bigint generated always as identity primary key, body text);
  alter publication supabase_realtime add table public.notes;
  create policy "everybody signed in" on realtime.messages for select to authenticated using (true);
`;

/** Two nodes in Europe, one in each other region. */
const PLACES = ["eu", "us", "ap", "eu"] as const;
const [EU, US, AP, EU_TOO] = [0, 1, 2, 3];

describe.skipIf(findNatsServer() === undefined)("three regions joined by NATS gateways", () => {
  let nats: Nats;
  let cluster: Cluster;
  beforeAll(async () => {
    nats = await startNats({ regions: REGIONS, watch: true });
    cluster = await startCluster({
      nodes: PLACES.length,
      sql: SQL,
      limits: { maxEventsPerSecond: 100_000, maxJoinsPerSecond: 1_000 },
      env: (node) => {
        const region = PLACES[node] ?? "";
        return { TIDEWIRE_REGION: region, NATS_URL: nats.region(region).url };
      },
    });
    await eventually(async () => {
      for (const { url } of cluster.nodes) expect(await healthyPeers(url)).toBe(PLACES.length - 1);
    }, PATIENCE);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  let topic: string;
  beforeEach(() => {
    topic = `room-${randomUUID()}`;
  });

  async function join(node: number, config: object = {}): Promise<PhoenixClient> {
    const client = await cluster.connect(node);
    await client.join(`realtime:${topic}`, config);
    return client;
  }

  /** Broadcasts of the topic that have crossed from one region to another. */
  function crossed(from: string, to: string, isCounted = (_: number) => true): number {
    const subject = subjects.room(cluster.project.ref, false, topic);
    const messages = nats.crossing(from, to).messages.filter((message) => message.subject === subject);
    return messages.filter(({ data }) => {
      const message = decodeRoomMessage(data);
      if (message.kind !== "broadcast" || message.envelope.broadcast.form !== "user") return false;
      return isCounted(JSON.parse(Buffer.from(message.envelope.broadcast.payload).toString()).n);
    }).length;
  }

  /** Anything at all that has crossed and concerns the topic: also presence, and how far its origins have counted. */
  function crossedOfTopic(from: string, to: string): string[] {
    const token = subjects.room("", false, topic).split(".").at(-1) ?? "";
    const found = nats.crossing(from, to).messages.filter(({ subject }) => subject.includes(token));
    return found.map(({ subject }) => subject);
  }

  test("[P5] a topic with members in one region only sends nothing to other regions; one member there gets each message by one hop", async () => {
    const alice = await join(EU);
    const bob = await join(EU_TOO);
    publish(alice, topic, 0, MESSAGES);
    await eventually(() => expect(numbersOf(bob)).toEqual(upTo(MESSAGES)), PATIENCE);

    // What the test reads on the links is all that NATS has counted there, so nothing has passed unseen.
    const eu = nats.region("eu").monitor;
    for (const region of ["us", "ap"] as const) {
      await eventually(async () => {
        const { outMsgs = -1 } = (await eu.crossed())[region] ?? {};
        expect(nats.crossing("eu", region).seen).toBe(outMsgs);
      }, PATIENCE);
      expect(crossedOfTopic("eu", region)).toEqual([]);
      expect(crossedOfTopic(region, "eu")).toEqual([]);
    }

    const carol = await join(US);
    await eventually(() => {
      publish(alice, topic, -1, 0);
      expect(crossed("eu", "us")).toBeGreaterThan(0);
    }, PATIENCE);
    publish(alice, topic, 0, MESSAGES);
    await eventually(() => expect(numbersOf(carol).at(-1)).toBe(MESSAGES - 1), PATIENCE);
    const heard = numbersOf(carol).filter((n) => n >= 0);
    expect(heard).toEqual(upTo(MESSAGES));
    expect(crossed("eu", "us", (n) => n >= 0)).toBe(MESSAGES);
    expect(crossedOfTopic("eu", "ap")).toEqual([]);
    expect(crossedOfTopic("us", "ap")).toEqual([]);
  });

  describe("with 40 ms between them", () => {
    beforeAll(() => slowDown(20));
    afterAll(() => slowDown(0));

    function slowDown(oneWayMs: number): void {
      for (const from of REGIONS)
        for (const to of REGIONS) if (from !== to) nats.link(from, to).delay(oneWayMs);
    }

    test("[P3] [B3] every member hears every publisher in order, wherever both are", async () => {
      const members = await Promise.all([EU, US, AP, EU_TOO].map((node) => join(node)));
      for (const [index, member] of members.entries()) {
        publish(member, topic, index * 1_000, index * 1_000 + 100);
      }
      await eventually(() => {
        for (const member of members) expect(numbersOf(member).length).toBeGreaterThanOrEqual(300);
      }, PATIENCE);
      for (const member of members) {
        for (const [index] of members.entries()) {
          const ofOne = numbersOf(member).filter((n) => Math.floor(n / 1_000) === index);
          const own = members[index] === member;
          expect(ofOne).toEqual(own ? [] : upTo(100).map((n) => n + index * 1_000));
        }
      }
    });

    test("[B20] a client resumes in another region with exactly what it missed", async () => {
      const sender = await join(EU);
      const reader = await cluster.connect(US);
      const { positions } = await reader.join(`realtime:${topic}`, { broadcast: { sequence: true } });
      publish(sender, topic, 0, 5);
      await eventually(() => expect(numbersOf(reader)).toEqual(upTo(5)), PATIENCE);
      const { meta } = broadcastsOf(reader).at(-1) ?? {};
      await reader.close();
      publish(sender, topic, 5, 20);
      const resume = { ...positions, [meta?.origin ?? ""]: meta?.seq ?? 0 };
      const again = await join(AP, { broadcast: { sequence: true, resume } });
      publish(sender, topic, 20, 25);
      await eventually(() => expect(numbersOf(again)).toEqual(upTo(25).slice(5)), PATIENCE);
      const system = again.frames.find(({ event }) => event === "system");
      expect(system?.payload).toMatchObject({ recovered: true, replayed: 15 });
    });

    test("everybody sees who is present, in all regions, and who leaves", async () => {
      const names = ["anna", "ben", "cleo"];
      const members = await Promise.all(
        names.map((key, node) => join(node, { presence: { key, enabled: true } })),
      );
      for (const member of members) await member.track(`realtime:${topic}`, { here: true });
      for (const node of [EU, US, AP]) {
        await eventually(async () => expect(await presentAt(node)).toEqual(names), PATIENCE);
      }
      await members[2]?.close();
      for (const node of [EU, US, AP]) {
        await eventually(async () => expect(await presentAt(node)).toEqual(["anna", "ben"]), PATIENCE);
      }
    });

    test("the one home serves private joins and row changes of every region", async () => {
      const bindings = [{ event: "INSERT", schema: "public", table: "notes" }];
      const members = await Promise.all(
        [EU, US, AP].map(async (node) => {
          const apikey = cluster.project.database.token({ sub: randomUUID() });
          const client = await cluster.connect(node, { apikey });
          await client.join(`realtime:${topic}`, { private: true, postgres_changes: bindings });
          await client.expectFrame({
            event: "system",
            payload: { extension: "postgres_changes", status: "ok" },
          });
          return client;
        }),
      );
      await cluster.project.database.query("insert into notes (body) select n from generate_series(1, 50) n");
      for (const member of members) {
        const bodies = () =>
          member.frames.flatMap(({ event, payload }) =>
            event === "postgres_changes" ? [toBody(payload)] : [],
          );
        await eventually(() => expect(bodies()).toEqual(upTo(50).map((n) => String(n + 1))), PATIENCE);
      }
    });
  });

  test("[P3] what is sent while a gateway is away for a moment is repaired, without a later message to show the hole", async () => {
    const [alice, carol] = [await join(EU), await join(US)];
    await eventually(() => {
      publish(alice, topic, -1, 0);
      expect(numbersOf(carol)).not.toEqual([]);
    }, PATIENCE);
    await nats.cut("eu", "us");
    publish(alice, topic, 0, 20);
    await nats.mend();
    await eventually(() => expect(numbersOf(carol).filter((n) => n >= 0)).toEqual(upTo(20)), PATIENCE);
    expect(carol.frames.filter(({ event }) => event === "system")).toEqual([]);
  });

  test("[P4] a region cut off goes on by itself; its members leave elsewhere and are back after it, each once", async () => {
    const [alice, carol] = [await join(EU, withKey("alice")), await join(AP, withKey("carol"))];
    const carolToo = await join(AP);
    for (const client of [alice, carol]) await client.track(`realtime:${topic}`, {});
    await eventually(async () => expect(await presentAt(EU)).toEqual(["alice", "carol"]), PATIENCE);
    await eventually(async () => expect(await presentAt(AP)).toEqual(["alice", "carol"]), PATIENCE);

    await nats.cut("ap");
    await eventually(async () => expect(await presentAt(EU)).toEqual(["alice"]), PATIENCE);
    await eventually(async () => expect(await presentAt(AP)).toEqual(["carol"]), PATIENCE);
    publish(carol, topic, 0, 10);
    await eventually(() => expect(numbersOf(carolToo)).toEqual(upTo(10)), PATIENCE);
    expect(numbersOf(alice)).toEqual([]);

    await nats.mend();
    for (const node of [EU, AP]) {
      await eventually(async () => expect(await presentAt(node)).toEqual(["alice", "carol"]), PATIENCE);
    }
    await eventually(() => expect(numbersOf(alice)).toEqual(upTo(10)), PATIENCE);
    publish(carol, topic, 10, 20);
    await eventually(() => expect(numbersOf(alice)).toEqual(upTo(20)), PATIENCE);
    expect(numbersOf(carolToo)).toEqual(upTo(20));
  });

  /** Keys in the presence list that a newcomer at this node is given. */
  async function presentAt(node: number): Promise<string[]> {
    await using visitor = await cluster.connect(node);
    await visitor.join(`realtime:${topic}`, { presence: { key: "visitor", enabled: true } });
    const { payload } = await visitor.expectFrame({ event: "presence_state" });
    const members = Object.entries(payload as Record<string, { metas: unknown[] }>);
    for (const [, { metas }] of members) expect(metas).toHaveLength(1);
    return members.map(([key]) => key).sort();
  }
});

function withKey(key: string): object {
  return { presence: { key, enabled: true } };
}

function toBody(payload: unknown): string {
  return (payload as { data: { record: { body: string } } }).data.record.body;
}

function publish(client: PhoenixClient, topic: string, from: number, to: number): void {
  for (let n = from; n < to; n++) client.broadcast(`realtime:${topic}`, "count", { n });
}

function numbersOf(client: PhoenixClient): number[] {
  return broadcastsOf(client).map(({ payload }) => payload.n);
}

function broadcastsOf(client: PhoenixClient): CountedBroadcast[] {
  const found = client.frames.filter(({ event }) => event === "broadcast");
  return found.map(({ payload }) => payload as CountedBroadcast);
}

interface CountedBroadcast {
  payload: { n: number };
  meta?: { origin: string; seq: number };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function healthyPeers(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^tidewire_peers\{health="healthy"[^}]*\} (\d+)$/m.exec(metrics)?.[1]);
}
