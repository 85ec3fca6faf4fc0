import { Refusal } from "@tidewire/protocol/errors";
import { ProjectSettings } from "@tidewire/protocol/project";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "./harness/edge.ts";

/** Supabase waits for five seconds; a busy machine may take its time. */
const AT_ONCE_MS = 1_500;

const SERIALIZERS = ["1.0.0", "2.0.0"] as const;

let topics = 0;
const newTopic = () => `realtime:room-${++topics}`;

describe.each(SERIALIZERS)("channels over %s", (vsn) => {
  let edge: Edge;
  let client: PhoenixClient;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    edge.home.authorize = ({ extensions }) => Object.fromEntries(extensions.map((name) => [name, true]));
    edge.home.subscribe = async () => "0/16B3748";
    client = await edge.connect({ vsn });
    return () => client.close();
  });

  /** Serializer 1.0.0 is never sent a join_ref. */
  const joinRefOf = (ref: string | null) => (vsn === "2.0.0" ? ref : null);

  test("[J1] only realtime:<name> is routed; joins and pushes elsewhere are unmatched, at once", async () => {
    using watch = startStopwatch();
    for (const [topic, event] of [
      ["room", "phx_join"],
      ["Realtime:room", "phx_join"],
      ["realtime:never-joined", "broadcast"],
      ["realtime:never-joined", "access_token"],
      ["phoenix", "something"],
    ] as const) {
      client.sendText({ joinRef: "9", ref: "9", topic, event, payload: {} });
      const frame = await client.expectFrame({ topic, event: "phx_reply", ref: "9" });
      expect(frame.joinRef).toBeNull();
      expect(frame.payload).toEqual({ status: "error", response: { reason: "unmatched topic" } });
    }
    expect(watch.ms).toBeLessThan(AT_ONCE_MS);
  });

  test("[J2] a topic without a name is refused", async () => {
    expect(await client.tryJoin("realtime:", { config: {} })).toEqual({
      status: "error",
      response: { reason: "TopicNameRequired: You must provide a topic name" },
    });
  });

  test("[J3] a name may hold anything", async () => {
    for (const topic of [
      "realtime:a:b:c",
      "realtime:ünïcode 🙂",
      "realtime:*.>",
      `realtime:${"x".repeat(300)}`,
    ]) {
      await client.join(topic);
      const ref = client.send(topic, "broadcast", { event: "x" });
      expect(ref).toBeDefined();
      await client.leave(topic);
    }
  });

  test("[J5] [J6] the reply is the first frame, echoes the entries with ids, then the presence state", async () => {
    const topic = newTopic();
    const entries = [
      { event: "INSERT", schema: "public", table: "todos", filter: "id=eq.1" },
      { table: "todos", event: "*" },
    ];
    const config = {
      presence: { enabled: true },
      postgres_changes: entries,
      broadcast: { replication_ready: true },
    };
    const { postgres_changes } = await client.join(topic, config);
    await client.expectFrame({ topic, event: "presence_state" });
    const ids = postgres_changes.map(({ id }: { id: number }) => id);
    expect(postgres_changes).toEqual(entries.map((entry, index) => ({ ...entry, id: ids[index] })));
    expect(new Set(ids).size).toBe(2);
    expect(
      client.frames.map(({ event, payload }) => [event, (payload as { message?: string }).message]),
    ).toEqual([
      ["phx_reply", undefined],
      ["system", "Subscribed to PostgreSQL"],
      ["system", "Replication connection established"],
      ["presence_state", undefined],
    ]);
    for (const frame of client.frames.slice(1)) {
      expect(frame).toMatchObject({ joinRef: joinRefOf(client.joinRef(topic)), ref: null });
    }
  });

  test("[J6] the reply has postgres_changes also when nothing was asked for", async () => {
    expect(await client.join(newTopic())).toEqual({ postgres_changes: [] });
  });

  test("[J7] a refused join leaves no channel and sends nothing after its reply", async () => {
    const topic = newTopic();
    edge.home.authorize = () => ({ broadcast: false });
    expect(await client.tryJoin(topic, { config: { private: true } })).toEqual({
      status: "error",
      response: {
        reason: `Unauthorized: You do not have permissions to read from this Channel topic: ${topic.slice(9)}`,
      },
    });
    await client.expectSilence(topic, 100);
    expect((await client.push(topic, "broadcast", {})).response.reason).toBe("unmatched topic");
  });

  test("[J8] a refusal that may pass says at once where it waited, how long, and when to come back", async () => {
    edge.home.authorize = () => {
      throw new Refusal("IncreaseConnectionPool", { stage: "pool", elapsedMs: 40, retryAfterMs: 800 });
    };
    using watch = startStopwatch();
    const { response } = await client.tryJoin(newTopic(), { config: { private: true } });
    expect(response.reason).toBe(
      "IncreaseConnectionPool: Please increase your connection pool size (stage=pool, elapsedMs=40, retryAfterMs=800)",
    );
    expect(watch.ms).toBeLessThan(AT_ONCE_MS);
  });

  test("[J10] a public join never asks the database", async () => {
    const asked = edge.asked.length;
    edge.home.authorize = () => {
      throw new Refusal("DatabaseUnavailable");
    };
    await client.join(newTopic(), { presence: { enabled: true } });
    expect(edge.asked.length).toBe(asked);
  });

  test("[J11] [J14] wrong types fall back to their defaults", async () => {
    await client.join(newTopic(), { broadcast: null, presence: "x", postgres_changes: "x", private: 7 });
    expect(edge.reports.at(-1)).toMatchObject({
      kind: "join",
      code: "InvalidJoinPayload",
      message: "as anon; not usable and ignored: config.postgres_changes, config.private, config.presence",
    });
    expect((await client.tryJoin(newTopic(), { config: null })).status).toBe("ok");
    expect(edge.reports.at(-1)).not.toHaveProperty("code");
  });

  test.each([
    ["payload null", null],
    ["payload a list", []],
    ["payload text", "x"],
    ["config text", { config: "x" }],
    ["broadcast text", { config: { broadcast: "x" } }],
  ])("[J13] %s is an unknown error on the channel", async (_, payload) => {
    const { status, response } = await client.tryJoin(newTopic(), payload);
    expect(status).toBe("error");
    expect(response.reason).toMatch(/^UnknownErrorOnChannel: /);
  });

  test("[J18] a leave is answered ok, then closed; without a channel it is only answered", async () => {
    const topic = newTopic();
    await client.join(topic);
    expect(await client.leave(topic)).toEqual({ status: "ok", response: {} });
    const joinRef = client.joinRef(topic);
    expect(await client.expectFrame({ topic, event: "phx_close" })).toMatchObject({
      joinRef: joinRefOf(joinRef),
      ref: joinRef,
      payload: {},
    });
    client.sendText({ joinRef: "77", ref: "78", topic: "nowhere", event: "phx_leave", payload: {} });
    expect(await client.expectFrame({ topic: "nowhere", ref: "78" })).toMatchObject({
      joinRef: joinRefOf("77"),
      payload: { status: "ok", response: {} },
    });
    await client.expectSilence("nowhere", 50);
  });

  test("[J19] a second join replaces the first: its reply, then the close of the first", async () => {
    const topic = newTopic();
    await client.join(topic);
    const first = client.joinRef(topic);
    await client.join(topic, { presence: { enabled: true } });
    const second = client.joinRef(topic);
    await client.expectFrame({ topic, event: "presence_state" });
    expect(client.frames.map(({ event, joinRef, ref }) => [event, joinRef, ref])).toEqual([
      ["phx_reply", joinRefOf(first), first],
      ["phx_reply", joinRefOf(second), second],
      ["phx_close", joinRefOf(first), first],
      ["presence_state", joinRefOf(second), null],
    ]);
    const ref = client.send(topic, "presence", { event: "untrack" });
    expect((await client.expectReply(topic, ref)).status).toBe("ok");
  });

  test("[J20] when the second join is refused the first channel is gone all the same", async () => {
    const topic = newTopic();
    await client.join(topic);
    const first = client.joinRef(topic);
    edge.home.authorize = () => ({ broadcast: false });
    expect((await client.tryJoin(topic, { config: { private: true } })).status).toBe("error");
    await client.expectFrame({ topic, event: "phx_close", ref: first });
    expect((await client.push(topic, "presence", {})).response.reason).toBe("unmatched topic");
  });

  test("[J21] pushes with a stale or missing join_ref are handled; such a leave is ignored", async () => {
    const topic = newTopic();
    await client.join(topic, { broadcast: { ack: true } });
    const joinRef = client.joinRef(topic);
    for (const [stale, ref] of [
      ["stale", "50"],
      [null, "51"],
    ] as const) {
      client.sendText({ joinRef: stale, ref, topic, event: "broadcast", payload: {} });
      expect(await client.expectFrame({ topic, ref })).toMatchObject({
        joinRef: joinRefOf(joinRef),
        payload: { status: "ok" },
      });
      client.sendText({ joinRef: stale, ref: `leave ${ref}`, topic, event: "phx_leave", payload: {} });
    }
    await client.expectSilence(topic, 100);
    expect((await client.leave(topic)).status).toBe("ok");
  });

  test("[J22] joined without a join_ref: replies as they were asked, a close with nothing", async () => {
    const topic = newTopic();
    client.sendText({
      joinRef: null,
      ref: "5",
      topic,
      event: "phx_join",
      payload: { config: { presence: { enabled: true } } },
    });
    expect(await client.expectFrame({ topic, event: "phx_reply", ref: "5" })).toMatchObject({
      joinRef: null,
    });
    expect(await client.expectFrame({ topic, event: "presence_state" })).toMatchObject({
      joinRef: joinRefOf("5"),
      ref: null,
    });
    client.sendText({ joinRef: "any", ref: "6", topic, event: "phx_leave", payload: {} });
    expect(await client.expectFrame({ topic, event: "phx_reply", ref: "6" })).toMatchObject({
      joinRef: joinRefOf("5"),
    });
    expect(await client.expectFrame({ topic, event: "phx_close" })).toMatchObject({
      joinRef: null,
      ref: null,
    });
  });

  test("[J23] unknown events are dropped without a reply", async () => {
    const topic = newTopic();
    await client.join(topic);
    client.send(topic, "nonsense", { x: 1 });
    expect((await client.push(topic, "presence", {})).status).toBe("ok");
    expect(client.frames).toHaveLength(2);
  });

  test("[C29] messages behind a pending join wait for it; other topics go on", async () => {
    const topic = newTopic();
    let allow = () => {};
    const allowed = new Promise<void>((resolve) => {
      allow = resolve;
    });
    edge.home.authorize = async ({ extensions }) => {
      await allowed;
      return Object.fromEntries(extensions.map((name) => [name, true]));
    };
    const joined = client.join(topic, { private: true, broadcast: { ack: true, self: true } });
    for (const n of [1, 2, 3]) client.send(topic, "broadcast", { event: "n", payload: { n } });
    client.send(topic, "phx_leave", {});
    await client.join(newTopic());
    expect((await client.heartbeat()).status).toBe("ok");
    allow();
    await joined;
    await client.expectFrame({ topic, event: "phx_close" });
    const seen = client.frames
      .filter((frame) => frame.topic === topic)
      .map(({ event, payload }) => {
        return event === "broadcast" ? (payload as { payload: { n: number } }).payload.n : event;
      });
    expect(seen).toEqual([
      "phx_reply",
      1,
      "phx_reply",
      2,
      "phx_reply",
      3,
      "phx_reply",
      "phx_reply",
      "phx_close",
    ]);
  });

  test("[C29] what waited behind a join that is refused is unmatched", async () => {
    const topic = newTopic();
    edge.home.authorize = () => ({ broadcast: false });
    const joining = client.tryJoin(topic, { config: { private: true } });
    const ref = client.send(topic, "broadcast", { event: "x" });
    expect((await joining).status).toBe("error");
    expect((await client.expectReply(topic, ref)).response.reason).toBe("unmatched topic");
  });

  test("[E4] a join that fails unforeseen is told so and nothing else", async () => {
    edge.home.authorize = () => {
      throw new Error("a secret of the node");
    };
    expect((await client.tryJoin(newTopic(), { config: { private: true } })).response.reason).toBe(
      "join crashed",
    );
    expect((await client.heartbeat()).status).toBe("ok");
  });

  test("[J25] [R5] an entry that cannot be parsed is told in a system message; the channel lives", async () => {
    const topic = newTopic();
    await client.join(topic, { postgres_changes: [{ schema: "public", table: "t", filter: "id=foo.1" }] });
    const { payload } = await client.expectFrame({ topic, event: "system" });
    expect(payload).toMatchObject({
      extension: "postgres_changes",
      status: "error",
      channel: topic.slice(9),
    });
    expect((await client.leave(topic)).status).toBe("ok");
  });

  test("[R5] a refused subscription is told in a system message; the channel lives and lets go at its end", async () => {
    const topic = newTopic();
    edge.home.subscribe = async () => {
      throw new Refusal("RealtimeDisabledForConfiguration", { message: "no such table" });
    };
    await client.join(topic, { postgres_changes: [{ schema: "public", table: "t" }] });
    const { payload } = await client.expectFrame({ topic, event: "system" });
    expect(payload).toMatchObject({
      extension: "postgres_changes",
      status: "error",
      message: "no such table",
    });
    const ended = edge.unsubscribed.length;
    await client.leave(topic);
    expect(edge.unsubscribed.length).toBe(ended + 1);
  });

  test("[J17] a join without config hears changes under their own event", async () => {
    const topic = "realtime:public:todos";
    edge.home.subscribe = async (member, bindings) => {
      const envelope = {
        kind: { shapes: ["s"], schema: "public", table: "todos" },
        type: "INSERT" as const,
        lsn: 1n,
        ordinal: 0,
        committedMs: 0,
        receivedMs: 0,
        times: { decodedMs: 0, matchedMs: 0, authorizedMs: 0, sentMs: 0 },
        data: Buffer.from('{"type":"INSERT","record":{"id":9007199254740993}}'),
      };
      const ids = bindings.map(({ id }) => id);
      setImmediate(() => member.deliver(ids, [envelope]));
      return "0/1";
    };
    const { status, response } = await client.tryJoin(topic, {});
    expect(status).toBe("ok");
    expect(response.postgres_changes).toMatchObject([{ schema: "public", table: "todos" }]);
    const change = await client.expectFrame({ topic, event: "INSERT" });
    expect(change).toMatchObject({ joinRef: null, ref: null, payload: { type: "INSERT" } });
  });
});

describe("limits and settings of a project", () => {
  test("[L3] a join too many is refused; leaving makes room", async () => {
    await using edge = await startEdge({ limits: { maxChannelsPerClient: 2 } });
    const client = await edge.connect();
    await client.join("realtime:1");
    await client.join("realtime:2");
    expect((await client.tryJoin("realtime:3", {})).response.reason).toBe(
      "ChannelRateLimitReached: Too many channels",
    );
    await client.join("realtime:2");
    await client.leave("realtime:1");
    await client.join("realtime:3");
  });

  test("[L2] connections with a channel are counted; a burst cannot pass the limit together", async () => {
    await using edge = await startEdge({ limits: { maxConcurrentUsers: 3 } });
    const clients = await Promise.all(Array.from({ length: 6 }, () => edge.connect()));
    const replies = await Promise.all(
      clients.map((client) => client.tryJoin("realtime:a", { config: { private: true } })),
    );
    expect(replies.filter(({ status }) => status === "ok")).toHaveLength(3);
    const [inside, outside] = ["ok", "error"].map((wanted) => {
      return clients[replies.findIndex(({ status }) => status === wanted)];
    });
    expect(replies.find(({ status }) => status === "error")?.response.reason).toBe(
      "ConnectionRateLimitReached: Too many connected users",
    );
    await inside?.join("realtime:b");
    await inside?.leave("realtime:a");
    await inside?.leave("realtime:b");
    await outside?.join("realtime:a");
  });

  test("[L4] joins over the rate are refused and the socket is closed with 1001; refused joins do not count", async () => {
    await using edge = await startEdge({ limits: { maxJoinsPerSecond: 3 } });
    edge.home.authorize = () => ({ broadcast: false });
    const client = await edge.connect();
    for (let i = 0; i < 5; i++) {
      const { response } = await client.tryJoin("realtime:no", { config: { private: true } });
      expect(response.reason).toMatch(/^Unauthorized/);
    }
    const replies = await Promise.all([1, 2, 3, 4].map((n) => client.tryJoin(`realtime:${n}`, {})));
    expect(replies.map(({ status }) => status)).toEqual(["ok", "ok", "ok", "error"]);
    expect(replies[3]?.response.reason).toBe("ClientJoinRateLimitReached: Too many joins per second");
    expect(await client.expectClose()).toEqual({ code: 1001, reason: "" });
  });

  test("[A17] private only refuses public joins", async () => {
    await using edge = await startEdge({ settings: { privateOnly: true } });
    const client = await edge.connect();
    expect((await client.tryJoin("realtime:a", { config: {} })).response.reason).toBe(
      "PrivateOnly: This project only allows private channels",
    );
    await client.join("realtime:a", { private: true });
  });

  test("[J9] a project that is gone refuses joins and closes the socket", async () => {
    await using edge = await startEdge();
    const client = await edge.connect();
    edge.forgetProject();
    expect((await client.tryJoin("realtime:a", {})).response.reason).toMatch(/^TenantNotFound: /);
    expect((await client.expectClose()).code).toBe(1001);
  });

  test("[J9] a draining node refuses joins on the sockets that are still there", async () => {
    await using edge = await startEdge();
    const clients = await Promise.all([1, 2, 3, 4].map(() => edge.connect()));
    const drained = edge.listener.drain(2_000);
    await Promise.race(clients.map((client) => client.closed));
    const open = clients.find((client) => client.open);
    expect((await open?.tryJoin("realtime:a", {}))?.response.reason).toBe(
      "RealtimeRestarting: Realtime is restarting, please standby",
    );
    for (const client of clients) client.socket.terminate();
    await drained;
  });

  test("[C8] only a client that keeps failing at one topic is slowed, and never its good joins", async () => {
    await using edge = await startEdge();
    edge.home.authorize = ({ topic }) => ({ broadcast: topic !== "no" });
    const client = await edge.connect();
    const waits: number[] = [];
    // However slow the machine is: failures are forgiven one per two seconds.
    while (waits.length < 60 && Math.max(0, ...waits) < AT_ONCE_MS) {
      using watch = startStopwatch();
      await client.tryJoin("realtime:no", { config: { private: true } });
      waits.push(watch.ms);
    }
    expect(waits[0]).toBeLessThan(AT_ONCE_MS);
    expect(waits.at(-1)).toBeGreaterThan(AT_ONCE_MS);
    using watch = startStopwatch();
    await client.join("realtime:yes", { private: true });
    expect(watch.ms).toBeLessThan(AT_ONCE_MS);
  });

  test("settings have the defaults this file relies on", () => {
    expect(ProjectSettings.parse({})).toMatchObject({ privateOnly: false, presenceEnabled: false });
  });
});

describe("what the inspector is told", () => {
  test("joins, leaves, refusals, system messages and closes, each with its place", async () => {
    await using edge = await startEdge();
    const client = await edge.connect({ apikey: edge.token({ sub: "u1" }) });
    await client.join("realtime:a", { private: true });
    await client.leave("realtime:a");
    await client.tryJoin("realtime:", {});
    await client.close();
    const from = edge.reports[0]?.from;
    expect(edge.reports).toEqual([
      expect.objectContaining({ kind: "join", topic: "a", private: true, user: "u1", from }),
      expect.objectContaining({ kind: "leave", topic: "a", private: true, event: "left", from }),
      expect.objectContaining({ kind: "refusal", code: "TopicNameRequired", event: "phx_join", from }),
      expect.objectContaining({ kind: "close", event: "closed-by-client", from }),
    ]);
  });
});
