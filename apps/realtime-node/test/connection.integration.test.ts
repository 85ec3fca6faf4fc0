import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { eventually } from "@tidewire/testkit/eventually";
import { HandshakeRefused, type PhoenixClientOptions } from "@tidewire/testkit/phoenix-client";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { signToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Edge, JWT_SECRET, PUBLISHABLE_KEY, REF, startEdge } from "./harness/edge.ts";
import { SteppedClock } from "./harness/stepped-clock.ts";

const SERIALIZERS = ["1.0.0", "2.0.0"] as const;
const MAX_FRAME_BYTES = 5_000_000;
/** Supabase waits for two seconds; a busy machine may take its time. */
const AT_ONCE_MS = 1_500;

/** Repeats until an attempt takes longer than that, however slow the machine is: failures are forgiven one per two seconds. */
async function untilSlowed(attempt: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 60; i++) {
    const startedMs = performance.now();
    await attempt();
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > AT_ONCE_MS) return waitedMs;
  }
  throw new Error("was never slowed");
}

describe("handshake", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());

  async function refusal(options: Partial<PhoenixClientOptions>): Promise<[number, string]> {
    try {
      await edge.connect(options);
    } catch (error) {
      if (error instanceof HandshakeRefused) return [error.status, error.body];
      throw error;
    }
    throw new Error("the handshake was accepted");
  }

  test.each(["/socket/websocket", "/realtime/v1/websocket"])("[C1] a socket opens at %s", async (path) => {
    const client = await edge.connect({ path });
    expect((await client.heartbeat()).status).toBe("ok");
  });

  test("[C2] the ref claim of the key leads to the project", async () => {
    const root = edge.url.replace(`/p/${REF}`, "");
    const client = await edge.connect({ url: root, apikey: edge.token({ role: "anon", ref: REF }) });
    expect(client.open).toBe(true);
    expect(await refusal({ url: root })).toEqual([404, '{"error":"Tenant not found"}']);
  });

  test("[C3] the header x-api-key wins over the parameter", async () => {
    const client = await edge.connect({ apikey: "nonsense", headers: { "x-api-key": PUBLISHABLE_KEY } });
    expect(client.open).toBe(true);
  });

  test("[C4] an unknown serializer is refused at once, without a body", async () => {
    using watch = startStopwatch();
    expect(await refusal({ vsn: "3.0.0" as "2.0.0" })).toEqual([403, ""]);
    expect(watch.ms).toBeLessThan(AT_ONCE_MS);
  });

  test.each([
    ["[C5] no key", { apikey: undefined }, 401, "API key is missing"],
    ["[C7] an empty key", { apikey: "" }, 401, "The token provided is not a valid JWT"],
    ["an unknown project", { url: "elsewhere" }, 404, "Tenant not found"],
    ["an unknown opaque key", { apikey: "tw_publishable_unknown" }, 401, /not known/],
    [
      "[A1] an expired token",
      { apikey: signToken(JWT_SECRET, { role: "anon", exp: 1 }) },
      401,
      "Token has expired",
    ],
    [
      "[A1] no role",
      { apikey: signToken(JWT_SECRET, { exp: 4_000_000_000 }) },
      401,
      "Fields `role` and `exp` are required in JWT",
    ],
    [
      "another secret",
      { apikey: signToken("another secret", { role: "anon", exp: 4_000_000_000 }) },
      401,
      "Failed to validate JWT signature",
    ],
    [
      "an exp that is text",
      { apikey: signToken(JWT_SECRET, { role: "anon", exp: "x" }) },
      500,
      "Error connecting to Realtime",
    ],
  ])("[C6] %s is answered with plain HTTP", async (_, options, status, error) => {
    const url = "url" in options ? edge.url.replace(REF, "nobodysproject000000") : edge.url;
    const [actual, body] = await refusal({ ...options, url });
    expect(actual).toBe(status);
    expect(JSON.parse(body).error).toMatch(error);
  });

  test("[C8] refusals are answered at once, but a client that keeps failing is slowed", async () => {
    const apikey = signToken("another secret", { role: "anon", exp: 4_000_000_001 });
    using watch = startStopwatch();
    await refusal({ apikey });
    expect(watch.ms).toBeLessThan(AT_ONCE_MS);
    const slowedMs = await untilSlowed(() => refusal({ apikey }));
    const startedMs = performance.now();
    await edge.connect();
    expect(performance.now() - startedMs).toBeLessThan(slowedMs);
  });

  test("[C34] behind a trusted proxy its other clients are not slowed along", async () => {
    await using proxied = await startEdge({ trustedProxies: ["127.0.0.1"] });
    const apikey = signToken("another secret", { role: "anon", exp: 4_000_000_002 });
    const from = (address: string) =>
      expect(proxied.connect({ apikey, headers: { "x-forwarded-for": address } })).rejects.toThrow(
        HandshakeRefused,
      );
    const slowedMs = await untilSlowed(() => from("192.0.2.1"));
    const startedMs = performance.now();
    await from("192.0.2.2");
    expect(performance.now() - startedMs).toBeLessThan(slowedMs);
    const client = await proxied.connect({ headers: { "x-forwarded-for": "10.1.1.1, 192.0.2.3" } });
    await client.heartbeat();
    expect(proxied.listener.connections.info(REF).map(({ address }) => address)).toEqual(["192.0.2.3"]);
  });

  test("[C9] anything but an upgrade by GET answers 400", async () => {
    const path = new URL(`${edge.url}/socket/websocket`);
    expect((await fetch(path)).status).toBe(400);
    const posted = httpRequest(path, {
      method: "POST",
      headers: { connection: "Upgrade", upgrade: "websocket" },
    });
    posted.end();
    const [response] = await once(posted, "response");
    expect(response.statusCode).toBe(400);
  });

  test("[C10] the bearer sub-protocol of plain Phoenix is accepted and phoenix is echoed", async () => {
    const token = Buffer.from(edge.token({ role: "anon" })).toString("base64url");
    const url = `${edge.url.replace("http", "ws")}/socket/websocket?vsn=2.0.0`;
    const socket = new WebSocket(url, ["phoenix", `base64url.bearer.phx.${token}`]);
    await once(socket, "open");
    expect(socket.protocol).toBe("phoenix");
    socket.terminate();
  });

  test("a client that goes away in the middle of its handshake leaves nothing behind", async () => {
    const { hostname, port, pathname } = new URL(`${edge.url}/socket/websocket`);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${pathname}?apikey=${PUBLISHABLE_KEY} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    socket.destroy();
    const before = edge.listener.connections.size;
    await eventually(() => expect(edge.listener.connections.size).toBeLessThanOrEqual(before));
    expect((await edge.connect()).open).toBe(true);
  });
});

describe.each(SERIALIZERS)("frames of %s", (vsn) => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());

  const heartbeat = (ref: string | number | null) =>
    vsn === "2.0.0"
      ? JSON.stringify([null, ref, "phoenix", "heartbeat", {}])
      : JSON.stringify({ topic: "phoenix", event: "heartbeat", payload: {}, ref });

  test("[C13] [C19] a heartbeat is answered before any join, its ref exactly as it was", async () => {
    const client = await edge.connect({ vsn });
    for (const ref of ["7", 7, null, ""]) {
      client.socket.send(heartbeat(ref));
      const answer = await client.expectFrame({ topic: "phoenix", ref });
      expect(answer).toMatchObject({
        event: "phx_reply",
        joinRef: null,
        payload: { status: "ok", response: {} },
      });
    }
  });

  test("[C14] malformed frames are dropped, the socket stays", async () => {
    const client = await edge.connect({ vsn });
    for (const frame of [
      "",
      "hello",
      "[]",
      "{}",
      "[1,2,3,4]",
      '{"topic":1}',
      Buffer.from([3, 1]),
      Buffer.from([]),
    ]) {
      client.socket.send(frame);
    }
    expect((await client.heartbeat()).status).toBe("ok");
    expect(client.frames).toHaveLength(1);
  });

  test("a text frame that is no UTF-8 does not end the socket", async () => {
    const client = await edge.connect({ vsn });
    client.socket.send(Buffer.from([0xff, 0xfe, 0x80]), { binary: false });
    expect((await client.heartbeat()).status).toBe("ok");
  });

  test("[C22] a frame of 5,000,000 bytes is accepted, one more closes with 1009", async () => {
    const client = await edge.connect({ vsn });
    const padded = (bytes: number) => heartbeat("1").padEnd(bytes, " ");
    client.socket.send(padded(MAX_FRAME_BYTES));
    await client.expectFrame({ topic: "phoenix", ref: "1" });
    client.socket.send(padded(MAX_FRAME_BYTES + 1));
    expect(await client.expectClose()).toEqual({ code: 1009, reason: "" });
  });
});

describe("the life of a socket", () => {
  test("[C23] 60 s without a message close it with 1000, though it answers every ping", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    let pings = 0;
    client.socket.on("ping", () => {
      pings += 1;
    });
    await clock.advance(59_000);
    expect(client.open).toBe(true);
    expect(pings).toBeGreaterThan(15);
    await clock.advance(1_500);
    expect(await client.expectClose()).toEqual({ code: 1000, reason: "" });
  });

  test("[C23] heartbeats keep a socket open", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    for (let i = 0; i < 5; i++) {
      await clock.advance(25_000);
      await client.heartbeat();
    }
    expect(client.open).toBe(true);
  });

  test("[C24] [P4] a client behind a dead network is gone from presence within 10 s, others stay", async () => {
    await using edge = await startEdge();
    await using relay = await startTcpRelay({ port: Number(new URL(edge.url).port) });
    const ghost = await edge.connect({ url: relay.via(edge.url) });
    const watcher = await edge.connect();
    const topic = "realtime:ghosts";
    await ghost.join(topic, { presence: { key: "ghost", enabled: true } });
    await ghost.track(topic, { name: "ghost" });
    await watcher.join(topic, { presence: { key: "watcher", enabled: true } });
    const state = await watcher.expectFrame({ event: "presence_state" });
    expect(Object.keys(state.payload as object)).toEqual(["ghost"]);

    const startedMs = performance.now();
    relay.pause();
    await watcher.expectFrame(
      { event: "presence_diff", payload: { leaves: { ghost: (meta: unknown) => meta !== undefined } } },
      { withinMs: 10_000 },
    );
    expect(performance.now() - startedMs).toBeGreaterThan(8_000);
    expect(watcher.open).toBe(true);
    expect(edge.reports).toContainEqual(
      expect.objectContaining({ kind: "close", code: "SilentClient", event: "silent" }),
    );
  });

  test("[P4] nobody is evicted because the node itself stood still", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const clients = await Promise.all([edge.connect(), edge.connect()]);
    clock.jump(45_000);
    await clock.advance(8_000);
    for (const client of clients) expect((await client.heartbeat()).status).toBe("ok");
  });

  test("[C25] a socket without a channel for ten minutes is closed with 1001", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    const stays = await edge.connect();
    await client.join("realtime:a");
    await stays.join("realtime:a");
    await client.leave("realtime:a");
    for (let i = 0; i < 11; i++) {
      await clock.advance(50_000);
      await Promise.all([client.heartbeat(), stays.heartbeat()]);
    }
    expect(client.open).toBe(true);
    await clock.advance(50_500);
    expect(await client.expectClose()).toEqual({ code: 1001, reason: "" });
    expect(stays.open).toBe(true);
  });

  test("[C26] changed settings announce themselves on every channel, then close with 1012", async () => {
    await using edge = await startEdge();
    const client = await edge.connect();
    await client.join("realtime:a");
    await client.join("realtime:b", { private: true });
    edge.listener.connections.disconnect(REF);
    for (const topic of ["realtime:a", "realtime:b"]) {
      const frame = await client.expectFrame({ topic, event: "system" });
      expect(frame).toMatchObject({ joinRef: null, ref: null });
      expect(frame.payload).toEqual({
        extension: "system",
        status: "ok",
        message: "Server requested disconnect",
      });
    }
    expect(await client.expectClose()).toEqual({ code: 1012, reason: "" });
  });

  test("[C27] a drain sends everybody away with 1012 and takes nobody in", async () => {
    await using edge = await startEdge();
    const clients = await Promise.all(Array.from({ length: 8 }, () => edge.connect()));
    const drained = edge.listener.drain(300);
    await expect(edge.connect()).rejects.toThrow(HandshakeRefused);
    const closes = await Promise.all(clients.map((client) => client.expectClose()));
    expect(new Set(closes.map(({ code }) => code))).toEqual(new Set([1012]));
    await drained;
    expect(edge.listener.connections.size).toBe(0);
  });

  test("[C27] a client that does not follow is cut off at the end of the drain", async () => {
    await using edge = await startEdge();
    await using relay = await startTcpRelay({ port: Number(new URL(edge.url).port) });
    await edge.connect({ url: relay.via(edge.url) });
    relay.pause();
    await edge.listener.drain(200);
    expect(edge.listener.connections.size).toBe(0);
  });

  test("[L9] a client that does not read is closed; the others do not wait for it", async () => {
    await using edge = await startEdge();
    const [sender, slow, quick] = await Promise.all([edge.connect(), edge.connect(), edge.connect()]);
    for (const client of [sender, slow, quick]) {
      await client.join("realtime:firehose", { broadcast: { ack: true } });
    }
    slow.socket.pause();
    const blob = "x".repeat(500_000);
    let sent = 0;
    while (!edge.reports.some(({ kind, code }) => kind === "close" && code === "SlowConsumer")) {
      const ref = sender.broadcast("realtime:firehose", "blob", { blob });
      await sender.expectReply("realtime:firehose", ref);
      sent += 1;
      expect(sent).toBeLessThan(200);
    }
    await eventually(() =>
      expect(quick.frames.filter(({ event }) => event === "broadcast")).toHaveLength(sent),
    );
    await eventually(() => expect(edge.listener.connections.size).toBe(2));
  });
});

describe("what an operator sees and does", () => {
  test("a connection tells who it is, what it joined, and when silence would end it", async () => {
    await using edge = await startEdge();
    const client = await edge.connect({
      apikey: edge.token({ sub: "user-1" }),
      headers: { "user-agent": "a browser" },
    });
    await client.join("realtime:room", { private: true });
    const [info] = edge.listener.connections.info(REF);
    expect(info).toMatchObject({
      node: "edge",
      ref: REF,
      vsn: "2.0.0",
      role: "authenticated",
      user: "user-1",
      userAgent: "a browser",
      pingsOutstanding: 0,
      channels: [{ topic: "room", private: true, bindings: 0 }],
    });
    const evidence = edge.listener.connections.evidence(info?.id ?? "");
    expect(evidence?.evictAtMs).toBe((evidence?.lastByteMs ?? 0) + 9_000);
    expect(Math.abs(Date.now() - (evidence?.lastByteMs ?? 0))).toBeLessThan(10_000);
  });

  test("a kicked connection is closed with 1008", async () => {
    await using edge = await startEdge();
    const client = await edge.connect();
    const [info] = edge.listener.connections.info(REF);
    expect(edge.listener.connections.kick(info?.id ?? "")).toBe(true);
    expect((await client.expectClose()).code).toBe(1008);
    expect(edge.listener.connections.kick("nobody")).toBe(false);
  });

  test("an evicted channel is told why and closed; the socket lives", async () => {
    await using edge = await startEdge();
    const client = await edge.connect();
    await client.join("realtime:a");
    const [info] = edge.listener.connections.info(REF);
    expect(edge.listener.connections.evict(info?.id ?? "", info?.channels[0]?.id ?? "")).toBe(true);
    await client.expectFrame({ event: "system", payload: { status: "error", message: /operator/ } });
    await client.expectFrame({ event: "phx_close", topic: "realtime:a" });
    expect((await client.heartbeat()).status).toBe("ok");
  });
});
