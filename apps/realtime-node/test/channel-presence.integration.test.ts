import { Refusal } from "@tidewire/protocol/errors";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "./harness/edge.ts";

const SERIALIZERS = ["1.0.0", "2.0.0"] as const;

let topics = 0;
const newTopic = () => `realtime:presence-${++topics}`;
const everything = { broadcast: true, presence: true };

interface Meta {
  phx_ref: string;
  phx_ref_prev?: string;
}
interface Diff {
  joins: Record<string, { metas: Meta[] }>;
  leaves: Record<string, { metas: Meta[] }>;
}

describe.each(SERIALIZERS)("presence over %s", (vsn) => {
  let edge: Edge;
  let alice: PhoenixClient;
  let bob: PhoenixClient;
  let topic: string;
  beforeAll(async () => {
    edge = await startEdge({ limits: { maxClientPresenceEventsPerWindow: 5 } });
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    edge.home.authorize = () => everything;
    topic = newTopic();
    [alice, bob] = await Promise.all([edge.connect({ vsn }), edge.connect({ vsn })]);
    return async () => {
      await Promise.all([alice.close(), bob.close()]);
    };
  });

  const as = (key: string) => ({ presence: { key, enabled: true } });
  const diff = async (client: PhoenixClient) => {
    return (await client.expectFrame({ topic, event: "presence_diff" })).payload as unknown as Diff;
  };

  test("[P10] [P11] track, update and untrack as diffs, to the tracker too", async () => {
    for (const [client, key] of [
      [alice, "alice"],
      [bob, "bob"],
    ] as const) {
      await client.join(topic, as(key));
    }
    expect(await alice.track(topic, { name: "Ann", phx_ref: "mine" })).toEqual({
      status: "ok",
      response: {},
    });
    const joined = [await diff(alice), await diff(bob)];
    expect(joined[0]).toEqual(joined[1]);
    const first = joined[0]?.joins.alice?.metas[0];
    expect(joined[0]).toEqual({
      joins: { alice: { metas: [{ name: "Ann", phx_ref: first?.phx_ref }] } },
      leaves: {},
    });
    expect(first?.phx_ref).not.toBe("mine");

    await alice.track(topic, { name: "Anna" });
    const update = await diff(bob);
    expect(update.leaves.alice?.metas).toEqual([first]);
    expect(update.joins.alice?.metas[0]).toMatchObject({ name: "Anna", phx_ref_prev: first?.phx_ref });

    await alice.untrack(topic);
    expect((await diff(bob)).leaves.alice?.metas[0]).toMatchObject({ name: "Anna" });
  });

  test("[P12] [P13] the same payload again, and untracking nothing, only answer ok", async () => {
    await alice.join(topic, as("alice"));
    await bob.join(topic);
    expect((await alice.untrack(topic)).status).toBe("ok");
    await alice.track(topic, { a: 1 });
    await diff(bob);
    expect((await alice.track(topic, { a: 1 })).status).toBe("ok");
    await bob.expectSilence(topic, 100);
  });

  test.each([
    ["a leave", (client: PhoenixClient) => client.leave(topic)],
    ["a close", (client: PhoenixClient) => client.close()],
    ["a cut line", async (client: PhoenixClient) => client.socket.terminate()],
    ["a crash", async (client: PhoenixClient) => void client.send(topic, "presence", { event: 7 })],
    ["a second join", (client: PhoenixClient) => client.join(topic)],
  ])("[P14] the end of a channel sends the leave: %s", async (_, end) => {
    await alice.join(topic, as("alice"));
    await bob.join(topic);
    await alice.track(topic, {});
    await diff(bob);
    await end(alice);
    expect(Object.keys((await diff(bob)).leaves)).toEqual(["alice"]);
  });

  test("[P15] channels that share a key have an entry each", async () => {
    await alice.join(topic, as("shared"));
    await bob.join(topic, as("shared"));
    await alice.track(topic, { from: "alice" });
    await bob.track(topic, { from: "bob" });
    const late = await edge.connect({ vsn });
    await late.join(topic, as("late"));
    const { payload } = await late.expectFrame({ topic, event: "presence_state" });
    expect((payload as Diff["joins"]).shared?.metas).toHaveLength(2);
  });

  test("[P17] [P18] the state is sent once, also when empty; tracking enables presence without one", async () => {
    await alice.join(topic, as("alice"));
    expect(await alice.expectFrame({ topic, event: "presence_state" })).toMatchObject({ payload: {} });
    await bob.join(topic, { presence: { key: "bob", enabled: false } });
    await bob.track(topic, {});
    await diff(alice);
    await alice.heartbeat();
    await bob.heartbeat();
    const states = (client: PhoenixClient) => client.frames.filter(({ event }) => event === "presence_state");
    expect([states(alice).length, states(bob).length]).toEqual([1, 0]);
  });

  test("[P18] a project can switch presence on for everybody", async () => {
    await using always = await startEdge({ settings: { presenceEnabled: true } });
    const client = await always.connect({ vsn });
    await client.join(topic, { private: true });
    await client.expectFrame({ topic, event: "presence_state" });
    expect(always.asked[0]?.extensions).toEqual(["broadcast", "presence"]);
  });

  test("[P19] diffs reach members without presence in public rooms, in private ones only with the grant", async () => {
    const blind = await edge.connect({ vsn });
    await bob.join(topic);
    await alice.join(topic, as("alice"));
    await alice.track(topic, {});
    await diff(bob);

    edge.home.authorize = ({ extensions }) =>
      extensions.includes("presence") ? everything : { broadcast: true };
    await blind.join(`${topic}-private`, { private: true });
    await alice.join(`${topic}-private`, { private: true, ...as("alice") });
    await alice.track(`${topic}-private`, {});
    await alice.expectFrame({ topic: `${topic}-private`, event: "presence_diff" });
    await blind.expectSilence(`${topic}-private`, 100);
    await blind.track(`${topic}-private`, {});
    await blind.expectFrame({ topic: `${topic}-private`, event: "presence_diff" });
  });

  test("[P20] [P21] odd calls are answered, and the channel lives", async () => {
    await alice.join(topic, as("alice"));
    const call = (payload: unknown) => alice.push(topic, "presence", payload);
    const mustBeMap = { status: "error", response: { reason: "Presence track payload must be a map" } };
    expect(await call(null)).toEqual({ status: "ok", response: {} });
    expect(await call({ type: "presence" })).toEqual({ status: "ok", response: {} });
    expect(await call({ event: "dance" })).toEqual({ status: "error", response: {} });
    expect(await call({ event: "track", payload: null })).toEqual(mustBeMap);
    expect(await call({ event: "track", payload: [1] })).toEqual(mustBeMap);
    expect(await call({ event: "TRACK" })).toEqual({ status: "ok", response: {} });
    expect((await diff(alice)).joins.alice?.metas).toHaveLength(1);
  });

  test.each([
    ["[P22] a payload that is too large", "Track message size exceeded", 1],
    ["[P23] the sixth call in one window", "Client presence rate limit exceeded", 6],
  ])("%s ends the channel without a reply", async (_, message, calls) => {
    await using small = await startEdge({ limits: { maxPayloadSizeInKb: 1 } });
    const client = await small.connect({ vsn });
    await client.join(topic, as("alice"));
    for (let i = 1; i < calls; i++) expect((await client.untrack(topic)).status).toBe("ok");
    const ref = client.send(topic, "presence", {
      event: "track",
      payload: { blob: "x".repeat(calls > 1 ? 1 : 1_600) },
    });
    const { payload } = await client.expectFrame({ topic, event: "system" });
    expect(payload).toEqual({ extension: "system", status: "error", message, channel: topic.slice(9) });
    await client.expectFrame({ topic, event: "phx_close", ref: client.joinRef(topic) });
    await client.heartbeat();
    expect(client.frames.some((frame) => frame.ref === ref && frame.event === "phx_reply")).toBe(false);
  });

  test("[L6] tracks over the project's rate end the channel that sent them", async () => {
    const limits = { maxPresenceEventsPerSecond: 3, maxClientPresenceEventsPerWindow: 100 };
    await using limited = await startEdge({ limits });
    const client = await limited.connect({ vsn });
    await client.join(topic);
    for (let n = 0; n < 6; n++) client.send(topic, "presence", { event: "track", payload: { n } });
    await client.expectFrame({
      topic,
      event: "system",
      payload: { message: "Too many presence messages per second" },
    });
    await client.expectFrame({ topic, event: "phx_close" });
  });

  test("[P25] an event that is no text crashes the channel", async () => {
    await alice.join(topic, as("alice"));
    alice.send(topic, "presence", { event: 7 });
    await alice.expectFrame({ topic, event: "phx_error", payload: { reason: "channel_crash" } });
    expect((await alice.heartbeat()).status).toBe("ok");
  });

  test("[5.3] a private track that is denied, or cannot be checked, is an error without a reason", async () => {
    edge.home.authorize = ({ action }) => ({ broadcast: true, presence: action === "read" });
    await alice.join(topic, { private: true, ...as("alice") });
    expect(await alice.track(topic, {})).toEqual({ status: "error", response: {} });
    expect((await alice.untrack(topic)).status).toBe("ok");
    edge.home.authorize = ({ action }) => {
      if (action === "read") return everything;
      throw new Refusal("DatabaseUnavailable");
    };
    await bob.join(topic, { private: true, ...as("bob") });
    expect(await bob.track(topic, {})).toEqual({ status: "error", response: {} });
    await alice.expectSilence(topic, 100);
  });
});
