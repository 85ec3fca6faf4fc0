import { eventually } from "@tidewire/testkit/eventually";
import { type Channel, Presence, Socket } from "phoenix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SERIALIZERS, TRANSPORTS } from "./clients/phoenix-client.ts";
import { type Cluster, startCluster } from "./harness.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

function connect(options: object = {}): Socket & AsyncDisposable {
  const params = { apikey: cluster.project.keys.anon.value };
  const socket = new Socket(`${cluster.projectUrl().replace("http", "ws")}/socket`, {
    params,
    ...TRANSPORTS.websocket,
    ...options,
  });
  socket.connect();
  return Object.assign(socket, {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.disconnect(() => resolve())),
  });
}

function joined(channel: Channel): Promise<unknown> {
  return new Promise((resolve, reject) => {
    channel
      .join()
      .receive("ok", resolve)
      .receive("error", (response) => reject(new Error(JSON.stringify(response))))
      .receive("timeout", () => reject(new Error("timeout")));
  });
}

describe.each([
  ["1.0.0", "websocket"],
  ["2.0.0", "websocket"],
  ["1.0.0", "fallback"],
  ["2.0.0", "longpoll"],
] as const)("[C30] the plain phoenix client, vsn %s, %s", (vsn, transport) => {
  const options = { ...SERIALIZERS[vsn], ...TRANSPORTS[transport] };
  const config = (key: string) => ({
    config: { broadcast: { ack: true }, presence: { key, enabled: true } },
  });

  test("joins, is answered, broadcasts, leaves", async () => {
    await using alice = connect(options);
    await using bob = connect(options);
    const [hers, his] = [alice, bob].map((socket) =>
      socket.channel(`realtime:plain-${vsn}-${transport}`, config("")),
    );
    if (hers === undefined || his === undefined) throw new Error("unreachable");
    expect(await joined(hers)).toEqual({ postgres_changes: [] });
    await joined(his);
    const heard: unknown[] = [];
    his.on("broadcast", (payload) => heard.push(payload));

    const message = { type: "broadcast", event: "move", payload: { x: 1 } };
    await new Promise((resolve, reject) => {
      hers.push("broadcast", message).receive("ok", resolve).receive("error", reject);
    });

    await eventually(() => expect(heard).toEqual([message]));
    await new Promise((resolve) => hers.leave().receive("ok", resolve));
  });

  test("its own Presence class follows who is there", async () => {
    await using alice = connect(options);
    const channel = alice.channel(`realtime:presence-${vsn}-${transport}`, config("alice"));
    const presence = new Presence(channel);
    await joined(channel);
    channel.push("presence", { type: "presence", event: "track", payload: { mood: "calm" } });
    await eventually(() => {
      expect(presence.list((key, { metas }) => [key, metas[0]])).toMatchObject([["alice", { mood: "calm" }]]);
    });
  });

  test("a heartbeat is answered", async () => {
    await using socket = connect(options);
    await eventually(() => socket.isConnected());
    await new Promise((resolve) => socket.ping(resolve));
  });
});

test.each([
  ["[1.5] [C10] as a sub-protocol, which is then chosen", TRANSPORTS.websocket],
  ["[C31] as a header of its polls", TRANSPORTS.longpoll],
])("the token may come %s", async (_, transport) => {
  await using socket = connect({
    params: {},
    ...transport,
    authToken: cluster.project.keys.anon.value,
  });
  await eventually(() => socket.isConnected());
  expect(await joined(socket.channel("realtime:sub-protocol", { config: {} }))).toEqual({
    postgres_changes: [],
  });
});
