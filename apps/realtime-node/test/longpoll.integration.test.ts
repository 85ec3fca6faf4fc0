import { eventually } from "@tidewire/testkit/eventually";
import { encodeUserBroadcast } from "@tidewire/testkit/phoenix-wire";
import { signToken } from "@tidewire/testkit/tokens";
import { LongPoll, Socket } from "phoenix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, JWT_SECRET, PUBLISHABLE_KEY, startEdge } from "./harness/edge.ts";
import { Poller } from "./harness/poller.ts";
import { SteppedClock } from "./harness/stepped-clock.ts";
import { type Cluster, startCluster } from "./harness.ts";

const MAX_FRAME_BYTES = 5_000_000;

describe("a session", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());

  test.each(["/socket/longpoll", "/realtime/v1/longpoll"])(
    "[C30] opens at %s with 410 and a token, then says what happens",
    async (path) => {
      const poller = new Poller(edge.url, { path });
      expect(await poller.poll()).toEqual({
        http: 200,
        status: 410,
        token: expect.stringMatching(/^[\w-]{32}$/),
        messages: [],
      });
      const info = edge.listener.connections.info(edge.record.ref).at(-1);
      expect(info).toMatchObject({ transport: "longpoll", vsn: "2.0.0", channels: [] });
      const poll = poller.poll();
      expect(await poller.post('[null,"7","phoenix","heartbeat",{}]')).toEqual({ http: 200, status: 200 });
      expect(await poll).toEqual({
        http: 200,
        status: 200,
        token: poller.token,
        messages: ['[null,"7","phoenix","phx_reply",{"status":"ok","response":{}}]'],
      });
    },
  );

  test("[C30] [C11] 1.0.0 is spoken when asked for", async () => {
    const poller = new Poller(edge.url, { vsn: "1.0.0" });
    await poller.poll();
    await poller.post('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"7"}');
    const { messages } = await poller.poll();
    expect(messages).toEqual([
      '{"topic":"phoenix","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"7"}',
    ]);
  });

  test.each([
    ["no key", { apikey: "" }, 401, "The token provided is not a valid JWT"],
    [
      "an expired token",
      { apikey: signToken(JWT_SECRET, { role: "anon", exp: 1 }) },
      401,
      "Token has expired",
    ],
    ["an unknown serializer", { vsn: "3.0.0" }, 403, undefined],
  ])(
    "[C31] %s is refused as on a WebSocket, and the client told to stay away",
    async (_, options, http, error) => {
      const reply = await new Poller(edge.url, options).poll();
      expect(reply).toEqual({ http, status: 403, ...(error === undefined ? {} : { error }) });
    },
  );

  test("[C31] what may pass is told as a passing failure", async () => {
    const apikey = signToken(JWT_SECRET, { role: "anon", exp: "x" });
    const reply = await new Poller(edge.url, { apikey }).poll();
    expect(reply).toEqual({ http: 500, status: 500, error: "Error connecting to Realtime" });
  });

  test("[C35] a batch is handled line by line; broken lines are dropped, the session lives", async () => {
    const poller = new Poller(edge.url);
    await poller.poll();
    const beat = (ref: string) => JSON.stringify([null, ref, "phoenix", "heartbeat", {}]);
    await poller.post([beat("1"), "[", "\u0000", '{"a":1}', "%%%", "", beat("2")].join("\r\n"));
    const { messages = [] } = await poller.poll();
    expect(messages.map((text) => JSON.parse(text)[1])).toEqual(["1", "2"]);
  });

  test("[C35] a body of another type is one message", async () => {
    const poller = new Poller(edge.url);
    await poller.poll();
    await poller.post(JSON.stringify([null, "1", "phoenix", "heartbeat", {}], null, 1), "application/json");
    expect((await poller.poll()).messages).toHaveLength(1);
  });

  test("[C35] [C36] bytes are posted in base64; what only bytes can say does not come back", async () => {
    const topic = "realtime:longpoll-bytes";
    const poller = new Poller(edge.url);
    const listener = await edge.connect();
    await listener.join(topic);
    await poller.join(topic, { broadcast: { self: true } });
    const base = { joinRef: "1", ref: "2", topic, event: "x" };
    const push = (payload: unknown) => encodeUserBroadcast({ ...base, payload }).toString("base64");
    await poller.post([push(Uint8Array.of(0, 255)), push({ n: 1 })].join("\n"));
    const heard = await poller.until("broadcast");
    expect(heard).toEqual([
      [null, null, topic, "broadcast", { event: "x", payload: { n: 1 }, type: "broadcast" }],
    ]);
    await eventually(() => {
      expect(listener.frames.filter(({ event }) => event === "broadcast")).toHaveLength(2);
    });
  });

  test.each([
    ["a message", `["${"x".repeat(MAX_FRAME_BYTES)}"]`],
    ["a body", `[]\n${"[]\n".repeat(2_700_000)}`],
    ["a batch", "[]\n".repeat(1_001)],
  ])("[C35] %s that is too large ends the session", async (_, body) => {
    const poller = new Poller(edge.url);
    await poller.poll();
    expect(await poller.post(body)).toEqual({ http: 200, status: 413 });
    expect(await poller.poll()).toMatchObject({ status: 410, token: null });
    expect(edge.reports.at(-1)).toMatchObject({ kind: "close", code: "FrameTooLarge" });
  });

  test("[C37] an unknown token is gone: a poll gets no session by it, a post no hearing", async () => {
    const poller = new Poller(edge.url);
    poller.token = "x".repeat(32);
    const before = edge.listener.connections.size;
    expect(await poller.poll()).toEqual({ http: 200, status: 410, token: null, messages: [] });
    poller.token = "x".repeat(32);
    expect(await poller.post("[]")).toEqual({ http: 200, status: 410 });
    expect(edge.listener.connections.size).toBe(before);
  });

  test.each(["PUT", "DELETE", "HEAD"])("[C30] %s answers 400", async (method) => {
    expect((await new Poller(edge.url).poll({ method })).http).toBe(400);
  });

  test("[C30] any origin may poll and post; a pre-flight says so", async () => {
    const url = `${edge.url}/socket/longpoll?vsn=2.0.0&apikey=${PUBLISHABLE_KEY}`;
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example.com",
        "access-control-request-headers": "content-type,x-phoenix-authtoken",
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type,x-phoenix-authtoken");
    expect((await fetch(url)).headers.get("access-control-allow-origin")).toBe("*");
  });

  test("[C33] a poll that is cut off takes the member's presence away at once", async () => {
    const topic = "realtime:longpoll-presence";
    const watcher = await edge.connect();
    await watcher.join(topic, { presence: { enabled: true } });
    const poller = new Poller(edge.url);
    await poller.join(topic, { presence: { key: "ann" } });
    await poller.post(JSON.stringify(["1", "3", topic, "presence", { event: "track", payload: {} }]));
    await watcher.expectFrame({ topic, event: "presence_diff", payload: { joins: { ann: {} } } });
    await poller.until("presence_diff");
    const client = new AbortController();
    const polls = [1, 2].map(() => poller.poll({ signal: client.signal }));
    for (const poll of polls) poll.catch(() => undefined);
    // One of them took the place of the other, so it waits.
    expect((await Promise.race(polls)).status).toBe(204);
    client.abort();
    await watcher.expectFrame({ topic, event: "presence_diff", payload: { leaves: { ann: {} } } });
  });

  test("[L9] [C38] more than 4 MiB that nobody fetches end the session", async () => {
    const topic = "realtime:longpoll-slow";
    const poller = new Poller(edge.url);
    await poller.join(topic);
    const sender = await edge.connect();
    await sender.join(topic, { broadcast: { ack: true } });
    for (let i = 0; i < 6; i++) {
      await sender.push(topic, "broadcast", { event: "x", payload: { x: "x".repeat(1_000_000) } });
    }
    await eventually(() => edge.reports.some(({ code }) => code === "SlowConsumer"));
    await eventually(async () => expect((await poller.poll()).status).toBe(410));
  });
});

describe("time", () => {
  test("[C32] [C33] a session lives while it is polled, and 9 s after its last poll was answered", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const poller = new Poller(edge.url);
    await poller.poll();
    for (let round = 0; round < 8; round++) {
      const poll = poller.poll();
      await eventually(async () => {
        await clock.advance(500);
        expect(edge.listener.connections.size).toBe(1);
        expect(await Promise.race([poll, Promise.resolve(undefined)])).toEqual({
          http: 200,
          status: 204,
          token: poller.token,
          messages: [],
        });
      });
    }
    await clock.advance(8_000);
    expect(edge.listener.connections.size).toBe(1);
    await clock.advance(1_500);
    expect(edge.listener.connections.size).toBe(0);
    expect((await poller.poll()).status).toBe(410);
  });
});

describe("two nodes", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test("[C37] the plain client opens a new session and joins again when a poll reaches another node", async () => {
    let node = 0;
    /** As behind a balancer that knows no stickiness. */
    class Balanced extends LongPoll {
      override endpointURL(): string {
        const url = new URL(super.endpointURL());
        return url.href.replace(url.origin, cluster.nodes[node]?.url ?? "");
      }
    }
    const apikey = cluster.project.keys.anon.value;
    const socket = new Socket(`${cluster.projectUrl()}/socket`, { transport: Balanced, params: { apikey } });
    const closes: number[] = [];
    socket.onClose(({ code }) => closes.push(code));
    socket.connect();
    const channel = socket.channel("realtime:moving", { config: {} });
    const heard: unknown[] = [];
    channel.on("broadcast", (payload) => heard.push(payload));
    channel.join();
    const sender = await cluster.connect(1);
    await sender.join("realtime:moving");
    const say = (n: number) => sender.send("realtime:moving", "broadcast", { event: "x", payload: { n } });
    await eventually(() => {
      say(1);
      expect(heard.length).toBeGreaterThan(0);
    });
    node = 1;
    await eventually(
      () => {
        say(2);
        expect(heard).toContainEqual({ event: "x", payload: { n: 2 } });
        expect(closes).toEqual([3410]);
      },
      { withinMs: 30_000 },
    );
    await eventually(() => {
      say(3);
      expect(heard).toContainEqual({ event: "x", payload: { n: 3 } });
    });
    await new Promise<void>((resolve) => socket.disconnect(resolve));
  });

  test("[C27] [C28] a node that is drained tells what is left, then 410", async () => {
    const { url } = cluster.nodes[1] ?? { url: "" };
    const poller = new Poller(`${url}/p/${cluster.project.ref}`, {
      apikey: cluster.project.keys.anon.value,
    });
    await poller.join("realtime:drained");
    void cluster.nodes[1]?.drain();
    const heard = await poller.until("system");
    expect(heard.at(-1)?.[4]).toMatchObject({ message: "Server requested disconnect" });
    expect((await poller.poll()).status).toBe(410);
    poller.token = "";
    expect(await poller.poll()).toMatchObject({ http: 503, status: 500 });
  });
});
