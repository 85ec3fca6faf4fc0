import { subjects } from "@tidewire/protocol/cluster/subjects";
import { jsonV1 } from "@tidewire/protocol/phoenix/json-v1";
import { jsonV2 } from "@tidewire/protocol/phoenix/json-v2";
import { seededRandom } from "@tidewire/testkit/seeded-random";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BUS_KINDS, createNet, type TestNet } from "./bus-nets.ts";
import { createMember, createRelayNode, Neighbours, type RelayNode, ROOM } from "./relay-node.ts";

const roomSubject = subjects.room(ROOM.ref, false, ROOM.topic);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe.each(BUS_KINDS)("relay over %s", (kind) => {
  let net: TestNet;
  let neighbours: Neighbours;
  let nodes: RelayNode[];

  beforeEach(async () => {
    net = await createNet(kind);
    neighbours = new Neighbours();
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
    await net[Symbol.asyncDispose]();
  });

  async function start(boot: string, options?: Parameters<typeof createRelayNode>[3]): Promise<RelayNode> {
    const node = createRelayNode(boot, await net.connect(), neighbours, options);
    nodes.push(node);
    return node;
  }

  /** Joins a member and waits until other nodes' messages reach it. */
  async function joined(node: RelayNode, id: string, options?: Parameters<typeof createMember>[1]) {
    const member = createMember(id, options);
    await node.relay.prepare(ROOM);
    node.hub.join(ROOM, member);
    await node.bus.flush();
    return member;
  }

  test("[B1] [B3] a member hears the other node's messages once and in order, and its own node's too", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const [alice, bob] = [await joined(a, "alice"), await joined(b, "bob")];
    const sent = numbers(1, 1_000);
    for (const content of sent) a.say(content);
    await expect.poll(() => bob.texts().length).toBe(1_000);
    expect(bob.texts()).toEqual(sent);
    expect(alice.texts()).toEqual(sent);
  });

  test("[B4] a sender with self:false does not hear itself, everybody else does", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const [alice, carol] = [await joined(a, "alice"), await joined(a, "carol")];
    const bob = await joined(b, "bob");
    a.say("hi", { sender: "alice", self: false });
    await expect.poll(() => bob.texts()).toEqual(["hi"]);
    expect([alice.texts(), carol.texts()]).toEqual([[], ["hi"]]);
  });

  test("a message is framed once per serializer and form on each node, however many members there are", async () => {
    const [a, b] = [await start("a"), await start("b")];
    for (const node of [a, b]) {
      for (let i = 0; i < 100; i++) {
        await joined(node, `${node.boot}-${i}`, {
          codec: i % 2 ? jsonV1 : jsonV2,
          wantsPosition: i % 3 === 0,
        });
      }
    }
    const witness = await joined(b, "witness");
    a.say("x");
    await expect.poll(() => witness.texts()).toEqual(["x"]);
    expect([a.framesBuilt(), b.framesBuilt()]).toEqual([4, 4]);
  });

  test("[B18] [B19] only members that asked see positions; they are the same on every node", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const [near, far] = [
      await joined(a, "n", { wantsPosition: true }),
      await joined(b, "f", { wantsPosition: true }),
    ];
    const plain = await joined(b, "p");
    a.say("1");
    a.say("2", { id: "given" });
    await expect.poll(() => far.texts().length).toBe(2);
    expect(far.positions()).toEqual([
      { origin: "a", seq: 1 },
      { origin: "a", seq: 2 },
    ]);
    expect(near.frames).toEqual(far.frames);
    expect(plain.frames[0]).toBe('[null,null,"realtime:room","broadcast",{"text":"1"}]');
    expect(JSON.parse(String(far.frames[1]))[4].meta).toEqual({ id: "given", origin: "a", seq: 2 });
  });

  test("[J4] public and private rooms of one name are apart; private ones need the read grant", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const secret = { ...ROOM, private: true };
    const [open, granted, denied] = [
      createMember("o"),
      createMember("g"),
      createMember("d", { mayRead: false }),
    ];
    b.hub.join(ROOM, open);
    b.hub.join(secret, granted);
    b.hub.join(secret, denied);
    await b.bus.flush();
    a.say("secret", { room: secret });
    await expect.poll(() => granted.texts()).toEqual(["secret"]);
    expect([open.frames, denied.frames]).toEqual([[], []]);
  });

  test("a node listens to a room from its first member until a while after its last", async () => {
    const a = await start("a", { graceMs: 100 });
    const before = a.bus.status.subscriptions;
    a.hub.join(ROOM, createMember("1"));
    a.hub.join(ROOM, createMember("2"));
    expect(a.bus.status.subscriptions).toBe(before + 1);
    a.hub.leave(ROOM, "1");
    a.hub.leave(ROOM, "2");
    expect(a.bus.status.subscriptions).toBe(before + 1);
    await expect.poll(() => a.bus.status.subscriptions).toBe(before);
  });

  test("[P3] a lost message is fetched before later ones are delivered", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const bob = await joined(b, "bob");
    let arrived = 0;
    b.bus.fate = (subject) => (subject === roomSubject && [2, 3, 5].includes(++arrived) ? 0 : 1);
    for (const content of numbers(1, 6)) a.say(content);
    await expect.poll(() => bob.texts()).toEqual(numbers(1, 6));
    expect([b.gaps, bob.systems()]).toEqual([[], []]);
  });

  test("[P3] a lost message is asked for again when nobody was there to answer", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const bob = await joined(b, "bob");
    // Of a node that was silent a moment ago more patience is had: room for many questions.
    neighbours.tell("b", "a", "suspect");
    let [arrived, asked] = [0, 0];
    b.bus.fate = (subject) => (subject === roomSubject && ++arrived === 2 ? 0 : 1);
    b.bus.mayAsk = () => ++asked > 10;
    for (const content of numbers(1, 3)) a.say(content);
    await expect.poll(() => bob.texts()).toEqual(numbers(1, 3));
    expect([b.gaps, bob.systems()]).toEqual([[], []]);
  });

  test("[P3] a lost last message is noticed without a later one", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const bob = await joined(b, "bob");
    a.say("1");
    await expect.poll(() => bob.texts()).toEqual(["1"]);
    let lost = 0;
    b.bus.fate = (subject) => (subject === roomSubject && lost++ === 0 ? 0 : 1);
    a.say("2");
    await expect.poll(() => bob.texts()).toEqual(["1", "2"]);
  });

  test("[P3] the first message of an origin, lost, is missed as well", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const bob = await joined(b, "bob");
    let lost = 0;
    b.bus.fate = (subject) => (subject === roomSubject && lost++ === 0 ? 0 : 1);
    a.say("1");
    a.say("2");
    await expect.poll(() => bob.texts()).toEqual(["1", "2"]);
  });

  test("[P3] what nobody has any more is announced within 250 ms, and later messages go on", async () => {
    const [a, b] = [await start("a", { messagesMax: 1 }), await start("b")];
    const bob = await joined(b, "bob");
    let lost = 0;
    b.bus.fate = (subject) => (subject === roomSubject && lost++ === 0 ? 0 : 1);
    using watch = startStopwatch();
    a.say("1");
    a.say("2");
    await expect.poll(() => bob.texts(), { interval: 10 }).toEqual(["2"]);
    expect(watch.ms).toBeLessThan(600);
    expect(b.gaps).toMatchObject([{ origin: "a", fromSeq: 1, toSeq: 1, room: ROOM }]);
    expect(bob.systems()).toMatchObject([
      { status: "error", message: "BroadcastGap: messages 1 to 1 of a were lost between nodes" },
    ]);
  });

  test("[B20] a client resumes on another node with exactly what it missed", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const before = await joined(a, "before", { wantsPosition: true });
    for (const content of numbers(1, 3)) a.say(content);
    b.say("b1");
    await expect.poll(() => before.texts().length).toBe(4);
    a.hub.leave(ROOM, "before");
    const positions = Object.fromEntries(before.positions().map(({ origin, seq }) => [origin, seq]));
    for (const content of numbers(4, 6)) a.say(content);
    b.say("b2");

    await b.relay.prepare(ROOM, positions);
    const after = createMember("after", { wantsPosition: true });
    b.hub.join(ROOM, after);
    expect(b.relay.resume(ROOM, after, { positions })).toEqual({ replayed: 4, missing: undefined });
    expect(after.texts().sort()).toEqual(["4", "5", "6", "b2"]);
    a.say("7");
    await expect.poll(() => after.texts().length).toBe(5);
  });

  test("[B20] a client that had heard nothing yet resumes on another node with all that was said since", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const sinceMs = Date.now();
    await joined(a, "before", { wantsPosition: true });
    expect(a.relay.positions(ROOM)).toEqual({});
    a.hub.leave(ROOM, "before");
    for (const content of numbers(1, 3)) a.say(content);

    await b.relay.prepare(ROOM, {});
    const after = createMember("after", { wantsPosition: true });
    b.hub.join(ROOM, after);
    expect(b.relay.resume(ROOM, after, { positions: {}, sinceMs })).toEqual({
      replayed: 3,
      missing: undefined,
    });
    expect(after.texts()).toEqual(numbers(1, 3));
  });

  test("[B20] a client resumes after the node that accepted the messages has died", async () => {
    const [a, b, c] = [await start("a"), await start("b"), await start("c")];
    await joined(c, "carol");
    for (const content of numbers(1, 5)) a.say(content);
    await expect.poll(() => c.relay.positions(ROOM)).toEqual({ a: 5 });
    await nodes.shift()?.[Symbol.asyncDispose]();

    await b.relay.prepare(ROOM, { a: 2 });
    const after = createMember("after", { wantsPosition: true });
    b.hub.join(ROOM, after);
    expect(b.relay.resume(ROOM, after, { positions: { a: 2 } })).toEqual({ replayed: 3, missing: undefined });
    expect(after.texts()).toEqual(numbers(3, 5));
    const late = b.relay.resume(ROOM, createMember("late"), { positions: { unknown: 9 } });
    expect(late.missing).toBe("nothing is known of unknown after 9");
  });

  test("a message with an id that is known is accepted and not sent a second time", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const bob = await joined(b, "bob");
    const first = a.say("once", { id: "m1" });
    expect(a.say("once", { id: "m1" })).toEqual(first);
    await expect.poll(() => b.relay.positions(ROOM)).toEqual({ a: 1 });
    expect(b.say("once", { id: "m1" })).toEqual(first);
    a.say("end");
    await expect.poll(() => bob.texts()).toEqual(["once", "end"]);
  });

  test("[B33] a message that two nodes accepted is heard once, also by a client that moved between them", async () => {
    const [a, b] = [await start("a"), await start("b")];
    const before = await joined(a, "before", { wantsPosition: true });
    const other = await joined(b, "other");
    // In one turn, so that neither can have heard of the other's.
    a.say("once", { id: "m1" });
    b.say("once", { id: "m1" });
    a.say("end");
    await expect.poll(() => before.texts()).toEqual(["once", "end"]);
    await expect.poll(() => other.texts()).toEqual(["once", "end"]);

    const positions = { a: 2 };
    await b.relay.prepare(ROOM, positions);
    const after = createMember("after", { wantsPosition: true });
    const resumed = b.relay.resume(ROOM, after, { positions, sinceMs: 0 });
    expect(resumed).toEqual({ replayed: 0, missing: undefined });
  });

  test("[P3] seeded: whatever is lost or doubled, each origin is heard in order, once, or its gap announced", async () => {
    const random = seededRandom();
    const all = [await start("a", { messagesMax: 60 }), await start("b"), await start("c")];
    const members = await Promise.all(
      all.map((node) => joined(node, `at-${node.boot}`, { wantsPosition: true })),
    );
    for (const node of all) {
      node.bus.fate = (subject) =>
        subject !== roomSubject || random.chance(0.8) ? 1 : random.chance(0.3) ? 2 : 0;
    }
    const sent: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let burst = 0; burst < 30; burst++) {
      const node = random.pick(all);
      for (let i = random.below(20); i >= 0; i--) sent[node.boot] = node.say("x").seq;
      await new Promise((resolve) => setTimeout(resolve, random.below(10)));
    }
    for (const node of all) node.bus.fate = () => 1;
    for (const node of all) sent[node.boot] = node.say("end").seq;

    await expect
      .poll(() => all.map((node) => node.relay.positions(ROOM)), { message: `seed ${random.seed}` })
      .toEqual(all.map(() => sent));
    for (const [index, node] of all.entries()) {
      for (const origin of Object.keys(sent)) {
        const heard = members[index]?.positions().filter((position) => position.origin === origin) ?? [];
        const seqs = heard.map(({ seq }) => seq);
        const gaps = node.gaps.filter((gap) => gap.origin === origin);
        const lost = gaps.flatMap(({ fromSeq, toSeq }) => numbers(fromSeq, toSeq).map(Number));
        expect(seqs, `order, seed ${random.seed}`).toEqual([...seqs].sort((x, y) => x - y));
        expect(
          [...seqs, ...lost].sort((x, y) => x - y),
          `whole, seed ${random.seed}`,
        ).toEqual(numbers(1, sent[origin] ?? 0).map(Number));
      }
    }
  });
});

test("a lone node encodes nothing for the bus", async () => {
  await using net = await createNet("memory");
  await using node = createRelayNode("a", await net.connect(), new Neighbours());
  const member = createMember("1");
  node.hub.join(ROOM, member);
  for (const content of numbers(1, 10)) node.say(content);
  expect(member.texts()).toEqual(numbers(1, 10));
  expect(node.bus.status.published).toBe(0);
});
