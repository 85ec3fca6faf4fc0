import { findNatsServer, type Nats, type NatsRegion, startNats } from "@tidewire/testkit/nats";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busContract } from "../src/bus/bus.contract.ts";
import { BusUnavailable, type Disruption } from "../src/bus/bus.ts";
import { connectNatsBus, type NatsBus } from "../src/bus/nats-bus.ts";
import { createLog } from "../src/log.ts";

const log = createLog({ level: "silent", fields: {} });

describe.skipIf(findNatsServer() === undefined)("NATS", () => {
  let nats: Nats;
  let server: NatsRegion;
  beforeAll(async () => {
    nats = await startNats();
    server = nats.region("local");
  });
  afterAll(() => nats?.[Symbol.asyncDispose]());

  busContract("NATS", async () => {
    const buses: NatsBus[] = [];
    return {
      async connect() {
        const bus = await connectNatsBus({ url: server.url, name: "contract" }, log);
        buses.push(bus);
        return bus;
      },
      async [Symbol.asyncDispose]() {
        for (const bus of buses) await bus.close();
      },
    };
  });

  test("a lost connection is told, what was published meanwhile arrives after it, in order", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using near = await connectNatsBus({ url: server.url, name: "near" }, log);
    await using far = await connectNatsBus({ url: relay.via(server.url), name: "far" }, log);
    const seen: number[] = [];
    const disruptions: Disruption[] = [];
    near.subscribe("t.away", ({ data }) => seen.push(data[0] ?? -1));
    far.onDisruption((disruption) => disruptions.push(disruption));
    await near.flush();

    relay.cut();
    await expect.poll(() => far.status.state).toBe("reconnecting");
    for (let i = 0; i < 5; i++) far.publish("t.away", Uint8Array.of(i));
    await expect(far.flush()).rejects.toBeInstanceOf(BusUnavailable);
    await expect(far.request("t.away", Uint8Array.of(), { timeoutMs: 5_000 })).rejects.toBeInstanceOf(
      BusUnavailable,
    );
    relay.mend();

    await expect.poll(() => far.status.state).toBe("connected");
    await expect.poll(() => seen).toEqual([0, 1, 2, 3, 4]);
    expect(disruptions).toEqual([{ cause: "reconnected", messagesLost: 0 }]);
  });

  test("subscriptions hold across a lost connection", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using near = await connectNatsBus({ url: server.url, name: "near" }, log);
    await using far = await connectNatsBus({ url: relay.via(server.url), name: "far" }, log);
    const seen: number[] = [];
    far.subscribe("t.held", ({ data }) => seen.push(data[0] ?? -1));
    relay.cut();
    await expect.poll(() => far.status.state).toBe("reconnecting");
    relay.mend();
    await expect.poll(() => far.status.state).toBe("connected");
    await far.flush();
    near.publish("t.held", Uint8Array.of(7));
    await expect.poll(() => seen).toEqual([7]);
  });

  test("a server that takes nothing any more is refused further messages at the bound", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using bus = await connectNatsBus({ url: relay.via(server.url), name: "stuck" }, log);
    const disruptions: Disruption[] = [];
    bus.onDisruption((disruption) => {
      disruptions.push(disruption);
      // As a node does: it asks all the others, and these questions do not get through either.
      for (let i = 0; i < 50; i++) {
        bus.request("t.stuck", megabyte, { timeoutMs: 1_000 }).catch((err: unknown) => refused.push(err));
      }
    });
    const refused: unknown[] = [];
    relay.pause();
    const megabyte = new Uint8Array(1_000_000);
    for (let i = 0; i < 70; i++) bus.publish("t.stuck", megabyte);
    expect(bus.status.pendingBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(bus.status.lost).toBe(3);
    await expect.poll(() => refused.length).toBe(50);
    expect(refused.every((err) => err instanceof BusUnavailable)).toBe(true);
    expect(disruptions).toEqual([{ cause: "overflow", messagesLost: 3 }]);
    relay.resume();
    await bus.flush();
    bus.publish("t.stuck", megabyte);
    expect(bus.status.lost).toBe(3);
  });

  test("a server that is silent is given up within seconds, also while megabytes wait for it", async () => {
    await using relay = await startTcpRelay({ port: server.port });
    await using bus = await connectNatsBus({ url: relay.via(server.url), name: "silent" }, log);
    relay.pause();
    // More than the kernel's buffers on both sides of the relay.
    for (let i = 0; i < 40; i++) bus.publish("t.silent", new Uint8Array(1_000_000));
    await expect.poll(() => bus.status.state, { timeout: 30_000 }).toBe("reconnecting");
    relay.resume();
    await expect.poll(() => bus.status.state, { timeout: 30_000 }).toBe("connected");
    await bus.flush();
  });

  test("messages to oneself do not cross the network", async () => {
    await using bus = await connectNatsBus({ url: server.url, name: "self" }, log);
    const seen: number[] = [];
    bus.subscribe("t.own", ({ data }) => seen.push(data[0] ?? -1));
    bus.publish("t.own", Uint8Array.of(1));
    await bus.flush();
    expect(seen).toEqual([1]);
    expect(bus.status.received).toBe(0);
  });

  test("no server: the start fails with one sentence that names the cause, and no password", async () => {
    const closed = await startTcpRelay({ port: server.port });
    await closed.close();
    const url = `nats://user:secret@127.0.0.1:${closed.port}`;
    await expect(connectNatsBus({ url, name: "nobody" }, log)).rejects.toThrow(
      `no NATS server at 127.0.0.1:${closed.port}: connection refused`,
    );
    await expect(connectNatsBus({ url: "http://x", name: "nobody" }, log)).rejects.toThrow(
      /^NATS_URL must be/,
    );
  });

  test("credentials in the address are used, and wrong ones refused", async () => {
    await using guarded = await startNats({ settings: ['authorization { user: tide, password: "w@re" }'] });
    const at = (user: string) => guarded.url.replace("//", `//${user}@`);
    await using bus = await connectNatsBus({ url: at("tide:w%40re"), name: "guest" }, log);
    await bus.flush();
    await expect(connectNatsBus({ url: at("tide:wrong"), name: "thief" }, log)).rejects.toThrow(
      /[Aa]uthorization/,
    );
  });
});
