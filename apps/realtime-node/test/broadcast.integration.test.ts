import { Refusal } from "@tidewire/protocol/errors";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { encodeBinaryPush, encodeUserBroadcast, type ReceivedFrame } from "@tidewire/testkit/phoenix-wire";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "./harness/edge.ts";

const SERIALIZERS = ["1.0.0", "2.0.0"] as const;

let topics = 0;
const newTopic = () => `realtime:broadcast-${++topics}`;
const numberOf = ({ payload }: ReceivedFrame) => (payload as { payload: { n: number } }).payload.n;

/** As realtime-js would: kind 3 on 2.0.0, text on 1.0.0. Returns the ref. */
function sendNamed(client: PhoenixClient, topic: string, id: string): string {
  const payload = { n: 2 };
  if (client.vsn === "1.0.0") {
    return client.send(topic, "broadcast", { type: "broadcast", event: "n", payload, id });
  }
  const ref = client.nextRef();
  const joinRef = client.joinRef(topic) ?? "";
  const metadata = JSON.stringify({ id });
  client.socket.send(encodeUserBroadcast({ joinRef, ref, topic, event: "n", payload, metadata }));
  return ref;
}

describe.each(SERIALIZERS)("broadcast over %s", (vsn) => {
  let edge: Edge;
  let alice: PhoenixClient;
  let bob: PhoenixClient;
  let topic: string;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    edge.home.authorize = ({ extensions }) => Object.fromEntries(extensions.map((name) => [name, true]));
    topic = newTopic();
    [alice, bob] = await Promise.all([edge.connect({ vsn }), edge.connect({ vsn })]);
    return async () => {
      await Promise.all([alice.close(), bob.close()]);
    };
  });

  test("[B1] [B4] the room hears a message, a sender with self:false does not", async () => {
    const tab = await edge.connect({ vsn });
    for (const client of [alice, bob, tab]) await client.join(topic, { broadcast: { self: false } });
    alice.broadcast(topic, "move", { x: 1 });
    for (const client of [bob, tab]) {
      const frame = await client.expectFrame({ topic, event: "broadcast" });
      expect(frame).toMatchObject({ joinRef: null, ref: null });
      expect(frame.payload).toEqual({ type: "broadcast", event: "move", payload: { x: 1 } });
      expect(frame.kind).toBe(vsn === "2.0.0" ? 4 : undefined);
    }
    await alice.expectSilence(topic);
  });

  test("[B2] [B10] a text push is relayed exactly as it was written", async () => {
    const reader = await edge.connect({ vsn });
    const raw: string[] = [];
    reader.socket.on("message", (data) => raw.push(data.toString()));
    await alice.join(topic);
    await reader.join(topic);
    const written = '{"z":1, "event":"x","payload":{"big":12345678901234567890,"a":1.0},"own":"key"}';
    alice.socket.send(
      vsn === "2.0.0"
        ? `["1","2","${topic}","broadcast",${written}]`
        : `{"topic":"${topic}","event":"broadcast","payload":${written},"ref":"2"}`,
    );
    const frame = await reader.expectFrame({ topic, event: "broadcast" });
    expect(frame.kind).toBeUndefined();
    expect(raw.at(-1)).toContain(written);
  });

  test("[B3] messages of one sender arrive in order, text and binary mixed", async () => {
    for (const client of [alice, bob]) await client.join(topic);
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    for (const n of numbers)
      alice.broadcast(topic, "n", { n }, { as: vsn === "2.0.0" && n % 2 ? "binary" : "text" });
    for (const n of numbers) expect(numberOf(await bob.expectFrame({ event: "broadcast" }))).toBe(n);
  });

  test("[B5] with self and ack the sender's own copy comes before its reply", async () => {
    await alice.join(topic, { broadcast: { self: true, ack: true } });
    const ref = alice.broadcast(topic, "move", { x: 1 });
    expect(await alice.expectReply(topic, ref)).toEqual({ status: "ok", response: {} });
    expect(alice.frames.map(({ event }) => event)).toEqual(["phx_reply", "broadcast", "phx_reply"]);
  });

  test("[B6] without ack there is no reply", async () => {
    await alice.join(topic);
    alice.broadcast(topic, "move", {});
    await alice.heartbeat();
    expect(alice.frames.filter((frame) => frame.topic === topic)).toHaveLength(1);
  });

  test("[B14] [B15] too large: a bare text with ack, silence without, the channel lives", async () => {
    await using small = await startEdge({ limits: { maxPayloadSizeInKb: 1 } });
    const client = await small.connect({ vsn });
    await client.join(topic, { broadcast: { ack: true, self: true } });
    await client.join(`${topic}-quiet`, { broadcast: { self: true } });
    const ref = client.broadcast(topic, "x", { blob: "x".repeat(1_600) });
    expect(await client.expectReply(topic, ref)).toEqual({
      status: "error",
      response: "payload_size_exceeded",
    });
    client.broadcast(`${topic}-quiet`, "x", { blob: "x".repeat(1_600) });
    await client.expectSilence(`${topic}-quiet`, 100);
    await client.expectReply(topic, client.broadcast(topic, "x", { blob: "x".repeat(900) }));
  });

  test("[B16] a denied private send: a reply with ack, one system message without, the channel lives", async () => {
    edge.home.authorize = ({ action }) => ({ broadcast: action === "read", presence: true });
    await bob.join(topic, { private: true });
    await alice.join(topic, { private: true, broadcast: { ack: true } });
    const reason = `Unauthorized: You do not have permissions to write to this Channel topic: ${topic.slice(9)}`;
    expect(await alice.expectReply(topic, alice.broadcast(topic, "x", {}))).toEqual({
      status: "error",
      response: { reason },
    });
    for (let i = 0; i < 3; i++) bob.broadcast(topic, "x", {});
    const { payload, joinRef } = await bob.expectFrame({ topic, event: "system" });
    expect(joinRef).toBe(vsn === "2.0.0" ? bob.joinRef(topic) : null);
    expect(payload).toEqual({
      extension: "broadcast",
      status: "error",
      message: reason,
      channel: topic.slice(9),
    });
    await bob.expectSilence(topic, 100, { event: "system" });
    expect((await bob.leave(topic)).status).toBe("ok");
  });

  test("[A7] write permission is asked at the first send only, and the sends behind it keep their order", async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    edge.home.authorize = async ({ action, extensions }) => {
      if (action === "write") await answered;
      return Object.fromEntries(extensions.map((name) => [name, true]));
    };
    await alice.join(topic, { private: true });
    await bob.join(topic, { private: true });
    const asked = edge.asked.length;
    for (let n = 0; n < 50; n++) alice.broadcast(topic, "n", { n });
    await alice.heartbeat();
    answer();
    for (let n = 0; n < 50; n++) expect(numberOf(await bob.expectFrame({ event: "broadcast" }))).toBe(n);
    expect(edge.asked.length).toBe(asked + 1);
  });

  test("[P7] a send whose permission cannot be checked says why; the next one asks again", async () => {
    await alice.join(topic, { private: true, broadcast: { ack: true } });
    edge.home.authorize = () => {
      throw new Refusal("DatabaseUnavailable", { stage: "connect", elapsedMs: 12 });
    };
    const { status, response } = await alice.expectReply(topic, alice.broadcast(topic, "x", {}));
    expect(status).toBe("error");
    expect(response.reason).toMatch(/^UnableToHandleBroadcast: .*stage=connect/);
    edge.home.authorize = () => ({ broadcast: true });
    expect((await alice.expectReply(topic, alice.broadcast(topic, "x", {}))).status).toBe("ok");
  });

  test("[B17] over the rate the sender is told, and nobody else loses a channel", async () => {
    await using limited = await startEdge({ limits: { maxEventsPerSecond: 20 } });
    const sender = await limited.connect({ vsn });
    const quiet = await limited.connect({ vsn });
    const receiver = await limited.connect({ vsn });
    await sender.join(topic, { broadcast: { ack: true } });
    await quiet.join(topic);
    await receiver.join(topic);
    const replies = Array.from({ length: 200 }, (_, n) =>
      sender.expectReply(topic, sender.broadcast(topic, "n", { n })),
    );
    const refused = (await Promise.all(replies)).filter(({ status }) => status === "error");
    expect(refused.length).toBeGreaterThan(100);
    expect(refused[0]?.response.reason).toMatch(
      /^MessagePerSecondRateLimitReached: Too many messages per second/,
    );
    for (let n = 0; n < 100; n++) quiet.broadcast(topic, "n", { n });
    await quiet.expectFrame({
      topic,
      event: "system",
      payload: { message: /^MessagePerSecondRateLimitReached/ },
    });
    await quiet.expectSilence(topic, 100, { event: "system" });
    for (const client of [sender, quiet, receiver]) expect((await client.leave(topic)).status).toBe("ok");
  });

  test("[J4] public and private rooms of one name never hear each other", async () => {
    await alice.join(topic);
    await bob.join(topic, { private: true });
    alice.broadcast(topic, "x", {});
    bob.broadcast(topic, "x", {});
    await alice.expectSilence(topic);
    await bob.expectSilence(topic, 0);
  });

  test("[A9] a member that may only read presence joins and never gets broadcasts", async () => {
    edge.home.authorize = ({ extensions }) =>
      Object.fromEntries(extensions.map((name) => [name, name === "presence"]));
    await bob.join(topic, { private: true, presence: { enabled: true } });
    edge.home.authorize = () => ({ broadcast: true, presence: true });
    await alice.join(topic, { private: true, presence: { key: "alice", enabled: true } });
    alice.broadcast(topic, "x", {});
    await alice.track(topic, { here: true });
    await bob.expectFrame({ topic, event: "presence_diff" });
    await bob.expectSilence(topic, 100, { event: "broadcast" });
  });

  test("[B18] [B20] [B21] positions, and only for those who asked; a resume gets exactly what it missed", async () => {
    await alice.join(topic);
    await bob.join(topic);
    const first = await edge.connect({ vsn });
    const { positions } = await first.join(topic, { broadcast: { sequence: true } });
    expect(positions).toEqual({});
    for (let n = 0; n < 3; n++) alice.broadcast(topic, "n", { n });
    let position: { origin: string; seq: number } | undefined;
    for (let n = 0; n < 3; n++) {
      const { payload } = await first.expectFrame({ topic, event: "broadcast" });
      position = (payload as { meta: { origin: string; seq: number } }).meta;
      expect(position).toMatchObject({ seq: n + 1 });
      expect(await bob.expectFrame({ topic, event: "broadcast" })).not.toHaveProperty("payload.meta");
    }
    first.socket.terminate();
    for (let n = 3; n < 8; n++) alice.broadcast(topic, "n", { n });
    for (let n = 3; n < 8; n++) await bob.expectFrame({ topic, event: "broadcast" });

    const again = await edge.connect({ vsn });
    const resume = { [position?.origin ?? ""]: position?.seq ?? 0 };
    await again.join(topic, { broadcast: { sequence: true, resume } });
    for (let n = 3; n < 8; n++) expect(numberOf(await again.expectFrame({ event: "broadcast" }))).toBe(n);
    const { payload } = await again.expectFrame({ topic, event: "system" });
    expect(payload).toMatchObject({
      extension: "broadcast",
      status: "ok",
      message: "Recovered",
      replayed: 5,
    });
    alice.broadcast(topic, "n", { n: 8 });
    expect(numberOf(await again.expectFrame({ event: "broadcast" }))).toBe(8);
    expect(again.frames.filter(({ event }) => event === "broadcast")).toHaveLength(6);
  });

  test("[B33] a named message that is sent again is accepted, and heard once", async () => {
    const named = { broadcast: { sequence: true, ack: true } };
    await Promise.all([alice.join(topic, named), bob.join(topic)]);
    const send = (id: string) => alice.expectReply(topic, sendNamed(alice, topic, id));
    const first = await send("m1");
    expect(first).toMatchObject({ status: "ok", response: { seq: 1 } });
    expect(await send("m1")).toEqual({ status: "ok", response: { ...first.response, repeated: true } });
    expect(await send("m2")).toMatchObject({ response: { seq: 2 } });
    for (const id of ["m1", "m2"]) {
      expect(await bob.expectFrame({ event: "broadcast" })).toHaveProperty("payload.meta", { id });
    }
    await bob.expectSilence(topic, 100);
    expect((await send("x".repeat(129))).response.reason).toContain("id takes 129 bytes");
  });

  test("[B33] a channel that did not ask for positions names nothing", async () => {
    await Promise.all([alice.join(topic, { broadcast: { ack: true } }), bob.join(topic)]);
    for (let i = 0; i < 2; i++) {
      expect(await alice.expectReply(topic, sendNamed(alice, topic, "m1"))).toEqual({
        status: "ok",
        response: {},
      });
      expect(await bob.expectFrame({ event: "broadcast" })).not.toHaveProperty("payload.meta");
    }
  });

  test("[B34] a sender that counts its acks is not given its own message by a resume", async () => {
    await alice.join(topic, { broadcast: { sequence: true, ack: true } });
    await bob.join(topic);
    bob.broadcast(topic, "n", { n: 1 });
    await alice.expectFrame({ event: "broadcast" });
    const { response } = await alice.expectReply(topic, sendNamed(alice, topic, "own"));
    alice.socket.terminate();
    bob.broadcast(topic, "n", { n: 3 });
    await bob.heartbeat();

    await using again = await edge.connect({ vsn });
    const resume = { [response.origin]: response.seq };
    await again.join(topic, { broadcast: { sequence: true, resume } });
    await again.expectFrame({ event: "system", payload: { message: "Recovered", replayed: 1 } });
    expect(again.frames.filter(({ event }) => event === "broadcast").map(numberOf)).toEqual([3]);
  });

  test("[B35] what an origin sent that began meanwhile is replayed, also to a client that had nothing", async () => {
    const first = await edge.connect({ vsn });
    const { positions, joined_at } = await first.join(topic, { broadcast: { sequence: true } });
    expect(positions).toEqual({});
    first.socket.terminate();
    await alice.join(topic, { broadcast: { ack: true } });
    await alice.expectReply(topic, sendNamed(alice, topic, "m1"));

    await using again = await edge.connect({ vsn });
    const resumed = { sequence: true, resume: positions, resume_since: joined_at };
    await again.join(topic, { broadcast: resumed });
    await again.expectFrame({ event: "system", payload: { message: "Recovered", replayed: 1 } });
    await again.expectFrame({ event: "broadcast" });
  });

  test("[B29] [B30] replay: oldest first after the reply, and no message twice", async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    edge.home.replay = async () => {
      await answered;
      return [
        { id: "a", event: "chat", payload: '{"n":1}', encoding: "json" },
        { id: "b", event: "chat", payload: '{"n":2}', encoding: "json" },
        { id: "c", event: "chat", payload: Buffer.from([1, 2]).toString("base64"), encoding: "binary" },
      ];
    };
    await bob.join(topic, { private: true });
    const joined = alice.join(topic, { private: true, broadcast: { replay: { since: 1 } } });
    await bob.heartbeat();
    bob.broadcast(topic, "chat", { n: 3 });
    await bob.heartbeat();
    answer();
    await joined;
    await alice.expectFrame({ topic, payload: { payload: { n: 3 } } });
    const heard = alice.frames.filter(({ event }) => event === "broadcast");
    const [replayed, live] = [heard.slice(0, -1), heard.at(-1)];
    expect(replayed.map(({ payload }) => (payload as { meta: object }).meta)).toEqual(
      ["a", "b", "c"].slice(0, vsn === "2.0.0" ? 3 : 2).map((id) => ({ id, replayed: true })),
    );
    expect(replayed[0]).toMatchObject({ joinRef: vsn === "2.0.0" ? alice.joinRef(topic) : null });
    expect(replayed[0]?.kind).toBeUndefined();
    expect(live).not.toHaveProperty("payload.meta");
  });

  test.each([
    [
      "on a public channel",
      { broadcast: { replay: { since: 1 } } },
      "Replay is not allowed for public channels",
    ],
    ["with odd parameters", { private: true, broadcast: { replay: {} } }, "Replay params are not valid"],
  ])("[B29] replay %s is refused", async (_, config, message) => {
    const { response } = await alice.tryJoin(topic, { config });
    expect(response.reason).toBe(`UnableToReplayMessages: ${message}`);
  });

  test("[4.5] a replay that cannot be looked up refuses the join and leaves nothing behind", async () => {
    edge.home.replay = () => {
      throw new Refusal("UnableToReplayMessages");
    };
    const config = { private: true, broadcast: { replay: { since: 1 } } };
    expect((await alice.tryJoin(topic, { config })).response.reason).toMatch(/^UnableToReplayMessages/);
    await bob.join(topic, { private: true });
    bob.broadcast(topic, "x", {});
    await alice.expectSilence(topic, 100);
  });
});

describe("broadcast between serializers", () => {
  let edge: Edge;
  let v1: PhoenixClient;
  let v2: PhoenixClient;
  let sender: PhoenixClient;
  let topic: string;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    topic = newTopic();
    [v1, v2, sender] = await Promise.all([
      edge.connect({ vsn: "1.0.0" }),
      edge.connect(),
      edge.connect({ vsn: "2.0.0" }),
    ]);
    for (const client of [v1, v2, sender]) await client.join(topic, { broadcast: { ack: true } });
  });

  test("[B8] kind 3 with JSON is text for 1.0.0 and kind 4 for 2.0.0", async () => {
    sender.broadcast(topic, "cursor", { x: 1 });
    const expected = { type: "broadcast", event: "cursor", payload: { x: 1 } };
    expect(await v1.expectFrame({ topic, event: "broadcast" })).toMatchObject({ payload: expected });
    expect(await v2.expectFrame({ topic, event: "broadcast" })).toMatchObject({ kind: 4, payload: expected });
  });

  test("[B9] kind 3 with bytes is kind 4 for 2.0.0 and nothing for 1.0.0", async () => {
    sender.broadcast(topic, "bytes", new Uint8Array([0, 255, 1]));
    const frame = await v2.expectFrame({ topic, event: "broadcast" });
    expect(frame).toMatchObject({ kind: 4, payload: { payload: Buffer.from([0, 255, 1]) } });
    await v1.expectSilence(topic, 100);
  });

  test("[C18] a kind 0 push of broadcast is kind 2 for 2.0.0 and nothing for 1.0.0", async () => {
    const joinRef = sender.joinRef(topic);
    const payload = new Uint8Array([7, 8]);
    sender.socket.send(encodeBinaryPush({ joinRef, ref: "9", topic, event: "broadcast", payload }));
    expect(await v2.expectFrame({ topic, event: "broadcast" })).toMatchObject({
      kind: 2,
      payload: Buffer.from([7, 8]),
    });
    await v1.expectSilence(topic, 100);
  });

  test("[B7] an empty ref with ack is answered with an empty ref", async () => {
    sender.socket.send(encodeUserBroadcast({ joinRef: "", ref: "", topic, event: "x", payload: {} }));
    expect(await sender.expectFrame({ topic, ref: "" })).toMatchObject({
      joinRef: sender.joinRef(topic),
      payload: { status: "ok" },
    });
  });

  test("[B12] broken JSON is refused at the sender; nobody gets it", async () => {
    const frame = encodeUserBroadcast({
      joinRef: "1",
      ref: "5",
      topic,
      event: "x",
      payload: Buffer.from("{oops"),
    });
    frame[6] = 1;
    sender.socket.send(frame);
    expect((await sender.expectReply(topic, "5")).response.reason).toMatch(/^InvalidBroadcastPayload: /);
    await v1.expectSilence(topic, 100);
    await v2.expectSilence(topic, 0);
  });

  test("[B13] [J24] a list from 2.0.0 crashes the sender's channel; nobody gets it and the socket lives", async () => {
    sender.send(topic, "broadcast", [1, 2]);
    const joinRef = sender.joinRef(topic);
    expect(await sender.expectFrame({ topic, event: "phx_error" })).toMatchObject({
      joinRef,
      ref: joinRef,
      payload: { reason: "channel_crash" },
    });
    await v2.expectSilence(topic, 100);
    await v1.expectSilence(topic, 0);
    await sender.join(topic);
  });

  test("[B13] a list from 1.0.0 reaches members on 1.0.0 only", async () => {
    const other = await edge.connect({ vsn: "1.0.0" });
    await other.join(topic);
    v1.send(topic, "broadcast", [1, 2]);
    expect(await other.expectFrame({ topic, event: "broadcast" })).toMatchObject({ payload: [1, 2] });
    await v2.expectSilence(topic, 100);
  });

  test("the inspector is told what was sent, by whom, to how many, and how long it took", async () => {
    sender.broadcast(topic, "cursor", { x: 1 });
    await v2.expectFrame({ topic, event: "broadcast" });
    await sender.heartbeat();
    const report = edge.reports.find(({ kind, topic: of }) => kind === "broadcast" && of === topic.slice(9));
    expect(report).toMatchObject({
      event: "cursor",
      recipients: 2,
      sizeBytes: 7,
      payload: '{"x":1}',
      position: { seq: 1 },
    });
    expect(report?.latencyMs).toBeLessThan(5_000);
    expect(Object.keys(report?.times ?? {})).toEqual(["accepted", "fannedOut", "socket"]);
  });
});
