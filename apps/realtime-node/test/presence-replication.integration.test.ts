import { seededRandom } from "@tidewire/testkit/seeded-random";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { BUS_KINDS, createNet, type TestNet } from "./bus-nets.ts";
import { createFastClock, type PresenceNode, ROOM, startPresenceNode, TestLeases } from "./presence-node.ts";

describe.each(BUS_KINDS)("presence over %s", (kind) => {
  let net: TestNet;
  let leases: TestLeases;
  let nodes: PresenceNode[];

  beforeEach(async () => {
    net = await createNet(kind);
    leases = new TestLeases();
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await net[Symbol.asyncDispose]();
  });

  async function start(boot: string, clock = systemClock): Promise<PresenceNode> {
    const node = await startPresenceNode(boot, await net.connect(), leases, clock);
    nodes.push(node);
    await node.bus.flush();
    return node;
  }

  function track(node: PresenceNode, channelId: string, payload: Record<string, unknown> = {}): void {
    node.presence.track(ROOM, { channelId, connectionId: `c-${channelId}`, key: channelId }, payload);
  }

  const keys = (node: PresenceNode) => Object.keys(node.presence.state(ROOM)).sort();

  test("[P10] [P14] a member is seen on every node at once, and gone at once when its channel ends", async () => {
    const [a, b] = [await start("a"), await start("b")];
    track(a, "ann", { name: "Ann" });
    await expect.poll(() => b.view.refs().length).toBe(1);
    expect(b.diffs).toEqual(a.diffs);
    expect(b.diffs[0]).toMatchObject({ joins: { ann: { metas: [{ name: "Ann" }] } }, leaves: {} });
    a.presence.departed("ann", "silent", 9_000);
    await expect.poll(() => b.view.refs()).toEqual([]);
    expect(a.presence.snapshot(ROOM.ref, () => undefined).departures).toMatchObject([
      { key: "ann", node: "node-a", cause: "silent", silentMs: 9_000 },
    ]);
  });

  test("[P11] [P12] an update is one diff with the new meta, its predecessor, and the old meta leaving", async () => {
    const [a, b] = [await start("a"), await start("b")];
    track(a, "ann", { at: 1 });
    await expect.poll(() => b.diffs.length).toBe(1);
    track(a, "ann", { at: 1 });
    track(a, "ann", { at: 2 });
    await expect.poll(() => b.diffs.length).toBe(2);
    const [first, second] = b.diffs;
    const before = first?.joins.ann?.metas[0]?.phx_ref ?? "";
    expect(before).toMatch(/^[\w-]{16}$/);
    expect(second).toEqual({
      joins: {
        ann: { metas: [{ phx_ref: expect.not.stringContaining(before), phx_ref_prev: before, at: 2 }] },
      },
      leaves: { ann: { metas: [{ phx_ref: before, at: 1 }] } },
    });
  });

  test("[P10] [P13] a track and an untrack in one turn are told as a join and a leave", async () => {
    const [a, b] = [await start("a"), await start("b")];
    track(a, "ann");
    a.presence.untrack(ROOM, "ann");
    await expect.poll(() => b.diffs.length).toBe(2);
    for (const { diffs } of [a, b]) {
      expect(diffs.map(({ joins, leaves }) => [Object.keys(joins), Object.keys(leaves)])).toEqual([
        [["ann"], []],
        [[], ["ann"]],
      ]);
    }
  });

  describe("a node sends its clients away", () => {
    const hold = (node: PresenceNode, channelId: string, key: string, payload = {}) =>
      node.presence.track(ROOM, { channelId, connectionId: `c-${channelId}`, key }, payload);
    const entries = (node: PresenceNode) => node.presence.snapshot(ROOM.ref, () => undefined).members;

    test("[P26] one that comes back saying the same is seen by nobody to move", async () => {
      const [a, b, c] = [await start("a"), await start("b"), await start("c")];
      hold(a, "a1", "ann", { at: 1 });
      hold(a, "a2", "ann", { at: 1 });
      await expect.poll(() => c.view.refs().length).toBe(2);
      const before = c.view.refs();
      for (const channel of ["a1", "a2"]) a.presence.departed(channel, "drain");
      await expect.poll(() => entries(a).map(({ state }) => state)).toEqual(["suspect", "suspect"]);
      for (const node of [a, b, c]) await node.bus.flush();
      hold(b, "b1", "ann", { at: 1 });
      hold(b, "b2", "ann", { at: 1 });
      await a.presence.handedOver();
      expect(entries(a)).toEqual([]);
      expect(
        entries(b)
          .map(({ phxRef }) => phxRef)
          .sort(),
      ).toEqual(before);
      hold(b, "mark", "mark");
      await expect.poll(() => c.view.refs().length).toBe(3);
      for (const node of [a, b, c]) {
        const told = node.diffs.flatMap(({ joins, leaves }) => [Object.keys(joins), Object.keys(leaves)]);
        expect(told.flat().filter((key) => key === "ann").length).toBeLessThanOrEqual(2);
        expect(node.refs()).toEqual(expect.arrayContaining(before));
        expect(node.diffs.flatMap(({ leaves }) => Object.keys(leaves))).toEqual([]);
      }
      b.presence.departed("b1", "left");
      await expect.poll(() => c.view.refs().length).toBe(2);
    });

    test("[P26] one that comes back saying something else has changed its meta", async () => {
      const [a, b] = [await start("a"), await start("b")];
      hold(a, "a1", "ann", { at: 1 });
      await expect.poll(() => b.view.refs().length).toBe(1);
      const [before] = b.view.refs();
      a.presence.departed("a1", "drain");
      await a.bus.flush();
      await expect.poll(() => entries(a)[0]?.state).toBe("suspect");
      await b.bus.flush();
      hold(b, "b1", "ann", { at: 2 });
      await expect.poll(() => b.diffs.length).toBeGreaterThanOrEqual(3);
      expect(b.diffs[1]?.joins.ann?.metas[0]).toMatchObject({ at: 2, phx_ref_prev: before });
      expect(b.diffs[2]?.leaves.ann?.metas[0]).toMatchObject({ phx_ref: before });
    });

    test("[P26] one that does not come back leaves after 2 s, and why is known", async () => {
      const clock = createFastClock(20);
      const [a, b] = [await start("a", clock), await start("b", clock)];
      hold(a, "a1", "ann");
      await expect.poll(() => b.view.refs().length).toBe(1);
      a.presence.departed("a1", "drain");
      await a.presence.handedOver();
      await expect.poll(() => b.view.refs()).toEqual([]);
      expect(a.presence.snapshot(ROOM.ref, () => undefined).departures).toMatchObject([
        { key: "ann", cause: "drain" },
      ]);
    });

    test("[P26] with nobody to go to, and after any other end, a member leaves at once", async () => {
      const a = await start("a");
      hold(a, "a1", "ann");
      a.presence.departed("a1", "drain");
      expect(a.refs()).toEqual([]);
      const b = await start("b");
      hold(a, "a2", "ann");
      await expect.poll(() => b.view.refs().length).toBe(1);
      a.presence.departed("a2", "closed-by-client");
      expect(a.refs()).toEqual([]);
    });
  });

  test("[P4] a node that gets its first member is told who is there before that member joins", async () => {
    const a = await start("a");
    for (let i = 0; i < 50; i++) track(a, `m${i}`);
    const b = await start("b");
    expect(b.view.refs()).toEqual(a.refs());
    expect(b.view.refs()).toHaveLength(50);
  });

  test("[P4] a lost change is noticed and repaired", async () => {
    const clock = createFastClock(30);
    const [a, b] = [await start("a", clock), await start("b", clock)];
    b.bus.fate = () => 0;
    track(a, "ann");
    a.presence.departed("nobody", "left");
    await a.bus.flush();
    b.bus.fate = () => 1;
    await expect.poll(() => keys(b)).toEqual(["ann"]);
    await expect.poll(() => b.view.refs()).toEqual(a.refs());
  });

  test("[P4] a node that cannot be asked when it comes up is asked again", async () => {
    const clock = createFastClock(30);
    const [a, b] = [await start("a", clock), await start("b", clock)];
    b.bus.fate = () => 0;
    track(a, "ann");
    await a.bus.flush();
    let refused = 0;
    b.bus.mayAsk = () => refused++ < 0;
    leases.lose("a");
    leases.renew("a");
    await expect.poll(() => refused).toBeGreaterThan(0);
    b.bus.mayAsk = () => true;
    await expect.poll(() => keys(b)).toEqual(["ann"]);
  });

  test("[P4] members of a node that is down leave; back again, only those that are still there return", async () => {
    const [a, b] = [await start("a"), await start("b")];
    for (const name of ["ann", "bob", "cyd"]) track(a, name);
    track(b, "dan");
    await expect.poll(() => keys(b)).toEqual(["ann", "bob", "cyd", "dan"]);
    a.bus.isCut = true;
    leases.lose("a");
    expect(keys(b)).toEqual(["dan"]);
    expect(keys(a)).toEqual(["ann", "bob", "cyd"]);
    a.presence.departed("ann", "closed-by-client");
    a.presence.untrack(ROOM, "bob");
    track(a, "eve");
    const before = b.diffs.length;
    a.bus.isCut = false;
    leases.renew("a");
    await expect.poll(() => keys(b)).toEqual(["cyd", "dan", "eve"]);
    await expect.poll(() => keys(a)).toEqual(["cyd", "dan", "eve"]);
    await expect.poll(() => b.view.refs()).toEqual(a.refs());
    const returned = b.diffs.slice(before).flatMap(({ joins }) => Object.keys(joins));
    expect(returned.sort()).toEqual(["cyd", "eve"]);
    const departures = b.presence.snapshot(ROOM.ref, () => undefined).departures;
    expect(departures.map(({ key, cause }) => [key, cause])).toEqual([
      ["ann", "node-down"],
      ["bob", "node-down"],
      ["cyd", "node-down"],
    ]);
  });

  test("[P4] a room that its author has forgotten during a partition leaves no ghosts", async () => {
    const clock = createFastClock(100);
    const [a, b] = [await start("a", clock), await start("b", clock)];
    track(a, "ghost");
    await expect.poll(() => keys(b)).toEqual(["ghost"]);
    a.bus.isCut = true;
    leases.lose("a");
    a.presence.departed("ghost", "left");
    const subscriptions = a.bus.status.subscriptions;
    a.presence.unwatch(ROOM);
    await expect.poll(() => a.bus.status.subscriptions).toBe(subscriptions - 1);
    a.bus.isCut = false;
    leases.renew("a");
    track(b, "later");
    await b.bus.flush();
    await expect.poll(() => b.diffs.at(-1)?.joins).toHaveProperty("later");
    expect(keys(b)).toEqual(["later"]);
  });

  test("ten thousand members of one topic: a newcomer has them all, and a departed node's leave in bounded frames", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const names = Array.from({ length: 10_000 }, (_, i) => `m${i}`);
    for (const name of names) track(a, name, { n: 1 });
    await expect.poll(() => b.view.refs().length).toBe(10_000);
    const c = await start("c");
    await expect.poll(() => c.view.refs().length).toBe(10_000);
    const before = c.diffs.length;
    leases.end("a");
    await expect.poll(() => c.view.refs()).toEqual([]);
    const frames = c.diffs.slice(before);
    expect(frames).toHaveLength(10);
    for (const frame of frames) expect(Object.keys(frame.leaves)).toHaveLength(1_000);
  });

  test("[P4] seeded: through loss, copies, partitions and restarts every view converges to the live sockets", async () => {
    const random = seededRandom();
    const clock = createFastClock(60);
    const message = `seed ${random.seed}`;
    let boots = 0;
    const live = new Map<string, Map<string, true>>();
    const up = async () => {
      const node = await start(`b${boots++}`, clock);
      node.bus.fate = () => (random.chance(0.7) ? 1 : random.chance(0.4) ? 2 : 0);
      live.set(node.boot, new Map());
      return node;
    };
    for (let i = 0; i < 3; i++) await up();
    for (let step = 0; step < 150; step++) {
      const node = random.pick(nodes);
      const channels = live.get(node.boot) ?? new Map();
      const channel = `${node.boot}-${random.below(6)}`;
      const dice = random.next();
      if (dice < 0.5) {
        track(node, channel, { step });
        channels.set(channel, true);
      } else if (dice < 0.8) {
        node.presence.departed(channel, "left");
        channels.delete(channel);
      } else if (dice < 0.88) {
        node.bus.isCut = true;
        if (random.chance(0.6)) leases.lose(node.boot);
      } else if (dice < 0.96) {
        node.bus.isCut = false;
        leases.renew(node.boot);
      } else if (nodes.length > 2) {
        nodes.splice(nodes.indexOf(node), 1);
        live.delete(node.boot);
        node.presence.close();
        await node.bus.close();
        leases.end(node.boot);
        await up();
      }
      if (random.chance(0.2)) await new Promise((resolve) => setTimeout(resolve, random.below(30)));
    }
    for (const node of nodes) {
      node.bus.isCut = false;
      node.bus.fate = () => 1;
      leases.renew(node.boot);
    }
    const truth = [...live.values()].flatMap((channels) => [...channels.keys()]).sort();
    await expect.poll(() => nodes.map(keys), { message }).toEqual(nodes.map(() => truth));
    await expect
      .poll(() => nodes.map(({ view }) => view.refs()), { message })
      .toEqual(nodes.map((node) => node.refs()));
  });
});
