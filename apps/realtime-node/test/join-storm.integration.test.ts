import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient, Reply } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const PATIENCE = { withinMs: 30_000 };
const SOCKETS = 100;
const TOPICS = 10;
const USERS = 20;
const LIVE = 10;
const LOAD_PERIOD_MS = 50;
const REJOIN_MS = 1_000;
const EXPLAINED = /^\w+: .+\(stage=\w+, elapsedMs=\d+(, retryAfterMs=\d+)?\)$/;
/** One for replication, two in the pool. */
const BUDGET = 3;

const SQL = `
  create policy "own rooms" on realtime.messages for select to authenticated
    using (realtime.topic() like 'room-' || (select auth.uid())::text || '-%');
  create policy "live reads" on realtime.messages for select to authenticated using (realtime.topic() like 'live-%');
  create policy "live writes" on realtime.messages for insert to authenticated with check (realtime.topic() like 'live-%');`;

describe("a burst of private joins on a pool of two [P1]", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({
      sql: SQL,
      limits: {
        maxConcurrentUsers: 10_000,
        maxJoinsPerSecond: 100_000,
        maxEventsPerSecond: 1_000_000,
        databasePool: 2,
      },
    });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const userOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const connectAs = (user: number, claims = {}) =>
    cluster.connect(0, { apikey: cluster.project.database.token({ sub: userOf(user), ...claims }) });

  async function openLive(name: string) {
    const topics = Array.from({ length: LIVE }, (_, index) => `realtime:live-${name}-${index}`);
    const [sender, listener] = [await connectAs(9_998), await connectAs(9_999)];
    for (const topic of topics) {
      await listener.join(topic, { private: true });
      await sender.join(topic, { private: true, broadcast: { ack: true } });
      expect((await sender.expectReply(topic, sender.broadcast(topic, "n", { n: 0 }))).status).toBe("ok");
    }
    return { topics, listener, load: sendTo(sender, topics) };
  }

  const metricOf = async (name: string) => {
    const text = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{[^}]*\\} (.+)$`, "m").exec(text)?.[1]);
  };

  test("[L10] all are let in, live channels miss nothing, the database sees three sessions at most", async () => {
    const { topics, listener, load } = await openLive("storm");
    await using _ = load;
    const clients = await Promise.all(
      Array.from({ length: SOCKETS }, (_, index) => connectAs(index % USERS)),
    );
    await using sessions = await watchSessions(cluster);
    const names = ["hit", "coalesced", "missed"] as const;
    const before = await Promise.all(names.map((name) => metricOf(`tidewire_home_checks_${name}`)));

    await Promise.all(
      clients.flatMap((client, index) =>
        Array.from({ length: TOPICS }, (_, nth) =>
          joinUntilIn(client, `realtime:room-${userOf(index % USERS)}-${nth}`),
        ),
      ),
    );

    expect(sessions.most).toBeLessThanOrEqual(BUDGET);
    expect(sessions.samples).toBeGreaterThan(3);
    const after = await Promise.all(names.map((name) => metricOf(`tidewire_home_checks_${name}`)));
    const [hit = 0, coalesced = 0, missed = 0] = after.map((count, index) => count - (before[index] ?? 0));
    const asked = SOCKETS * TOPICS;
    expect(hit + coalesced + missed).toBeGreaterThanOrEqual(asked);
    expect(coalesced).toBeGreaterThan(0);
    expect(missed).toBeLessThan(asked / 2);
    expect(await metricOf("tidewire_home_pool_size")).toBe(2);
    expect(await metricOf("tidewire_home_pool_queued")).toBe(0);
    await load.stop();
    for (const topic of topics) await expectAll(listener, topic, load.sent);
  }, 120_000);

  test("[A18] [J8] [L10] while nothing can be checked, live channels go on through new tokens, joins are told why", async () => {
    const { topics, listener, load } = await openLive("locked");
    await using _ = load;
    const newcomer = await connectAs(1);
    await using admin = await cluster.project.database.connectAsAdmin();
    await admin.query("begin; lock table realtime.messages in access exclusive mode");

    const refused = join(newcomer, "realtime:live-locked-new");
    for (const [index, topic] of topics.entries()) {
      // The last one turns out to be somebody who may not read there.
      const role = index === LIVE - 1 ? "anon" : "authenticated";
      const access_token = cluster.project.database.token({
        sub: userOf(9_999),
        role,
        session_id: `s${index}`,
      });
      listener.send(topic, "access_token", { access_token });
    }
    await eventually(
      async () => expect(await metricOf("tidewire_home_pool_queued")).toBeGreaterThan(0),
      PATIENCE,
    );
    const { status, response } = await refused;
    expect(status).toBe("error");
    expect(response.reason).toMatch(EXPLAINED);
    expect(listener.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
    await admin.query("rollback");

    await joinUntilIn(newcomer, "realtime:live-locked-new");
    const [last = ""] = topics.slice(-1);
    await listener.expectFrame({ topic: last, event: "phx_close" }, PATIENCE);
    await load.stop();
    for (const topic of topics.slice(0, -1)) await expectAll(listener, topic, load.sent);
    expect(listener.frames.filter(({ event }) => event === "phx_close")).toHaveLength(1);
  }, 120_000);
});

/** A join may wait for the pool longer than other replies. */
function join(client: PhoenixClient, topic: string): Promise<Reply> {
  const ref = client.nextRef();
  client.sendText({ joinRef: ref, ref, topic, event: "phx_join", payload: { config: { private: true } } });
  return client.expectReply(topic, ref, PATIENCE);
}

/** As realtime-js does it: a refused join is tried again a second later. */
async function joinUntilIn(client: PhoenixClient, topic: string): Promise<void> {
  let attempts = 0;
  for (let reply = await join(client, topic); reply.status !== "ok"; reply = await join(client, topic)) {
    expect(reply.response.reason).toMatch(EXPLAINED);
    expect(++attempts).toBeLessThan(20);
    await delay(REJOIN_MS);
  }
}

/** Every member of `topics` hears 1, 2, 3, ... */
function sendTo(sender: PhoenixClient, topics: readonly string[]) {
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    for (const topic of topics) sender.broadcast(topic, "n", { n: sent });
  }, LOAD_PERIOD_MS);
  const stop = async () => clearInterval(timer);
  return {
    get sent() {
      return sent;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function expectAll(listener: PhoenixClient, topic: string, last: number): Promise<void> {
  const numbers = () =>
    listener.frames
      .filter((frame) => frame.topic === topic && frame.event === "broadcast")
      .map(({ payload }) => (payload as { payload: { n: number } }).payload.n);
  await eventually(() => numbers().at(-1) === last, PATIENCE);
  expect(numbers()).toEqual(Array.from({ length: last + 1 }, (_, n) => n));
}

/** Counts the sessions of the project's database again and again, all but its own. */
async function watchSessions({ project }: Cluster) {
  const admin = await project.database.connectAsAdmin();
  let most = 0;
  let samples = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const { rows } = await admin.query<{ count: number }>(`
        select count(*)::int as count from pg_stat_activity where datname = current_database()
        and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`);
      most = Math.max(most, rows[0]?.count ?? 0);
      samples++;
    }
  })();
  return {
    get most() {
      return most;
    },
    get samples() {
      return samples;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await watching;
      await admin.end();
    },
  };
}
