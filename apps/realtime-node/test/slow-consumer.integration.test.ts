import { eventually } from "@tidewire/testkit/eventually";
import { findNatsServer, startNats } from "@tidewire/testkit/nats";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { describe, expect, test } from "vitest";
import { connectNatsBus } from "../src/bus/nats-bus.ts";
import { createLog } from "../src/log.ts";
import { createMember, createRelayNode, Neighbours, ROOM } from "./relay-node.ts";

const log = createLog({ level: "silent", fields: {} });
const PATIENCE = { withinMs: 30_000 };
const KILOBYTES_20 = "x".repeat(20_000);

describe.skipIf(findNatsServer() === undefined)("a node that reads too slowly for NATS", () => {
  test("[P3] is cut off by the server, comes back, and its members get what they missed, in order and once", async () => {
    await using nats = await startNats({
      settings: ["max_payload: 131072", "max_pending: 262144", 'write_deadline: "1s"'],
    });
    await using link = await startTcpRelay({ port: Number(new URL(nats.url).port) });
    const neighbours = new Neighbours();
    const [nearBus, farBus] = await Promise.all([
      connectNatsBus({ url: nats.url, name: "near" }, log),
      connectNatsBus({ url: link.via(nats.url), name: "far" }, log),
    ]);
    await using near = createRelayNode("near", nearBus, neighbours);
    await using far = createRelayNode("far", farBus, neighbours);
    const member = createMember("member", { wantsPosition: true });
    await far.relay.prepare(ROOM);
    far.hub.join(ROOM, member);
    near.say("0");
    await eventually(() => expect(member.texts()).toEqual(["0"]), PATIENCE);

    link.pause();
    let count = 0;
    await eventually(async () => {
      for (let i = 0; i < 20; i++) near.say(`${++count}${KILOBYTES_20}`);
      await nearBus.flush();
      const { slow_consumers } = await nats.region("local").monitor.varz();
      expect(slow_consumers).toBe(1);
    }, PATIENCE);
    link.resume();

    await eventually(() => expect(member.texts()).toHaveLength(count + 1), PATIENCE);
    expect(member.texts().map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: count + 1 }, (_, index) => index),
    );
    expect(far.gaps).toEqual([]);
    expect(farBus.status.state).toBe("connected");
  });
});
