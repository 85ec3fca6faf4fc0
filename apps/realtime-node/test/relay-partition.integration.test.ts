import { eventually } from "@tidewire/testkit/eventually";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { SteppedClock } from "./harness/stepped-clock.ts";
import {
  createMember,
  createRelayNode,
  Neighbours,
  type RelayNode,
  ROOM,
  type TestMember,
} from "./relay-node.ts";

/** One region with the nodes "author" and "witness", another with "far", between which the line is cut and mended. */
let broker: MemoryBroker;
let neighbours: Neighbours;
let nodes: RelayNode[];

beforeEach(() => {
  broker = new MemoryBroker();
  neighbours = new Neighbours();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
});

function start(boot: string, options?: Parameters<typeof createRelayNode>[3]): RelayNode {
  const node = createRelayNode(boot, new MemoryBus(broker), neighbours, options);
  nodes.push(node);
  return node;
}

async function joined(node: RelayNode, id: string, listensSinceMs?: number): Promise<TestMember> {
  const member = createMember(id, { wantsPosition: true, listensSinceMs });
  await node.relay.prepare(ROOM);
  node.hub.join(ROOM, member);
  if (!node.bus.isCut) await node.bus.flush();
  return member;
}

function say(node: RelayNode, from: number, to: number): void {
  for (let n = from; n <= to; n++) node.say(String(n));
}

/** @param believed what the node holds the others for when it notices */
function cut(node: RelayNode, others: readonly RelayNode[], believed: "suspect" | "down" = "down"): void {
  node.bus.isCut = true;
  for (const { boot } of others) neighbours.tell(node.boot, boot, believed);
}

function mend(node: RelayNode, others: readonly RelayNode[]): void {
  node.bus.isCut = false;
  for (const { boot } of others) neighbours.tell(node.boot, boot, "healthy");
}

async function kill(node: RelayNode): Promise<void> {
  node.bus.isCut = true;
  await node[Symbol.asyncDispose]();
  nodes.splice(nodes.indexOf(node), 1);
}

const WITHIN = { withinMs: 30_000 };
const hears = (member: TestMember, ...texts: number[]) =>
  eventually(() => expect(member.texts()).toEqual(texts.map(String)), WITHIN);

test("[P3] [B36] what a node said that began and died while a region was cut off is heard there from those who heard it", async () => {
  const [far, witness] = [start("far"), start("witness")];
  const [reader, local] = [await joined(far, "reader"), await joined(witness, "local")];
  cut(far, [witness]);
  const author = start("author", { unseenBy: ["far"] });
  say(author, 1, 5);
  await hears(local, 1, 2, 3, 4, 5);
  await kill(author);
  mend(far, [witness]);
  await hears(reader, 1, 2, 3, 4, 5);
  expect(reader.systems()).toEqual([]);
});

test("[P3] of such a node, what the others did not hear either is announced", async () => {
  const [far, witness] = [start("far"), start("witness")];
  const reader = await joined(far, "reader");
  cut(far, [witness]);
  const author = start("author", { unseenBy: ["far"] });
  await joined(author, "first");
  say(author, 1, 2);
  const local = await joined(witness, "local");
  say(author, 3, 5);
  await hears(local, 3, 4, 5);
  await kill(author);
  mend(far, [witness]);
  await hears(reader, 3, 4, 5);
  expect(far.gaps).toMatchObject([{ origin: "author", fromSeq: 1, toSeq: 2 }]);
});

test("[P3] what such a node said before anybody listened is no loss", async () => {
  const [far, witness, author] = [start("far"), start("witness"), start("author", { unseenBy: ["far"] })];
  say(author, 1, 2);
  const local = await joined(witness, "local");
  await eventually(() => expect(Date.now()).toBeGreaterThan(local.listensSinceMs + 2_500), WITHIN);
  cut(far, [witness]);
  const reader = await joined(far, "reader");
  say(author, 3, 5);
  await hears(local, 3, 4, 5);
  await kill(author);
  mend(far, [witness]);
  await hears(reader, 3, 4, 5);
  expect(far.gaps).toEqual([]);
});

test("[P3] [B36] what one node has heard late of a node that is gone, it passes on to those who could not ask in time", async () => {
  const [one, other, witness, author] = [start("one"), start("other"), start("witness"), start("author")];
  const [first, second] = [await joined(one, "first"), await joined(other, "second")];
  const local = await joined(witness, "local");
  for (const node of [one, other]) cut(node, [witness, author]);
  say(author, 1, 5);
  await hears(local, 1, 2, 3, 4, 5);
  await kill(author);
  const killedMs = Date.now();
  // By then the witness has said once how far the author had counted, to nobody.
  await eventually(() => expect(Date.now()).toBeGreaterThan(killedMs + 2_500), WITHIN);
  mend(other, []);
  mend(one, [witness]);
  await hears(first, 1, 2, 3, 4, 5);
  await kill(witness);
  await hears(second, 1, 2, 3, 4, 5);
  expect([...one.gaps, ...other.gaps]).toEqual([]);
});

test("[P3] what comes late is for those who listened when it was accepted, and for nobody who joined since", async () => {
  const [far, author] = [start("far"), start("author")];
  const reader = await joined(far, "reader");
  cut(far, [author], "suspect");
  say(author, 1, 1);
  const acceptedMs = Date.now();
  await eventually(() => expect(Date.now()).toBeGreaterThan(acceptedMs), WITHIN);
  const late = await joined(far, "late");
  await eventually(() => expect(Date.now()).toBeGreaterThan(acceptedMs + 300), WITHIN);
  mend(far, [author]);
  await hears(reader, 1);
  say(author, 2, 2);
  await hears(reader, 1, 2);
  expect(late.texts()).toEqual(["2"]);
});

test("[P3] after a break too short to hold anybody for dead, what was lost in it is asked for", async () => {
  const [far, witness, author] = [start("far"), start("witness"), start("author")];
  const [reader, local] = [await joined(far, "reader"), await joined(witness, "local")];
  say(author, 1, 2);
  await hears(reader, 1, 2);
  cut(far, [witness, author], "suspect");
  say(author, 3, 5);
  await hears(local, 1, 2, 3, 4, 5);
  neighbours.leave("author");
  await kill(author);
  mend(far, [witness]);
  await hears(reader, 1, 2, 3, 4, 5);
});

test("[P3] the last words of a node that died are passed on by those who heard them", async () => {
  const [far, witness, author] = [start("far"), start("witness"), start("author")];
  const [reader, local] = [await joined(far, "reader"), await joined(witness, "local")];
  say(author, 1, 2);
  await hears(reader, 1, 2);
  far.bus.isCut = true;
  say(author, 3, 5);
  await hears(local, 1, 2, 3, 4, 5);
  far.bus.isCut = false;
  await kill(author);
  await hears(reader, 1, 2, 3, 4, 5);
});

test("[P3] a node that is just back is asked with patience before anything of it is given up", async () => {
  const clock = new SteppedClock();
  const [far, author] = [start("far", { clock }), start("author")];
  const [reader, local] = [await joined(far, "reader"), await joined(start("witness"), "local")];
  say(author, 1, 2);
  await hears(reader, 1, 2);
  cut(far, [author], "suspect");
  say(author, 3, 5);
  await hears(local, 1, 2, 3, 4, 5);
  far.bus.mayAsk = () => false;
  mend(far, [author]);
  say(author, 6, 6);
  await clock.advance(1_000);
  expect(far.gaps).toEqual([]);
  far.bus.mayAsk = () => true;
  await clock.advance(1_000);
  await hears(reader, 1, 2, 3, 4, 5, 6);
});

test("[P3] when nobody can be asked any more, members get what was stored here meanwhile", async () => {
  const clock = new SteppedClock();
  const [far, witness] = [start("far", { clock }), start("witness")];
  const [reader, local] = [await joined(far, "reader"), await joined(witness, "local")];
  cut(far, [witness]);
  const author = start("author", { unseenBy: ["far"] });
  say(author, 1, 3);
  await hears(local, 1, 2, 3);
  await kill(author);
  neighbours.tell("far", "author", "healthy");
  mend(far, [witness]);
  await eventually(() => expect(far.relay.stats.historyBytes).toBeGreaterThan(0), WITHIN);
  cut(far, [witness]);
  neighbours.tell("far", "author", "down");
  await clock.advance(6_000);
  await hears(reader, 1, 2, 3);
  expect(far.gaps).toEqual([]);
});

test("[B33] messages with an id that others told of before their own node answered are heard", async () => {
  const [far, witness] = [start("far"), start("witness")];
  const [reader, local] = [await joined(far, "reader"), await joined(witness, "local")];
  cut(far, [witness]);
  const author = start("author", { unseenBy: ["far"] });
  for (const n of ["1", "2", "3"]) author.say(n, { id: `id-${n}` });
  await hears(local, 1, 2, 3);
  author.bus.isCut = true;
  mend(far, [author, witness]);
  await eventually(() => expect(far.relay.stats.historyBytes).toBeGreaterThan(0), WITHIN);
  expect(reader.texts()).toEqual([]);
  author.bus.isCut = false;
  await hears(reader, 1, 2, 3);
});

test("[B35] a resume says so when an origin that began meanwhile could not be asked", async () => {
  const [far, author] = [start("far"), start("author")];
  const sinceMs = Date.now() - 10_000;
  say(author, 1, 3);
  const positions = { gone: 0 };
  await far.relay.prepare(ROOM);
  far.bus.isCut = true;
  await far.relay.prepare(ROOM, positions);
  const reader = createMember("reader", { wantsPosition: true, listensSinceMs: sinceMs });
  const { missing } = far.relay.resume(ROOM, reader, { positions, sinceMs });
  expect(missing).toBe("3 messages of author accepted meanwhile are not known");
});

test("[P3] what a node said that leaves while a region is cut off is heard there, though nobody else had listened", async () => {
  const [far, witness, author] = [start("far"), start("witness"), start("author")];
  const [reader] = [await joined(far, "reader"), await joined(author, "sender")];
  cut(far, [witness, author]);
  say(author, 1, 5);
  neighbours.tell("author", "far", "down");
  await author.relay.bequeath();
  await kill(author);
  mend(far, [witness]);
  await hears(reader, 1, 2, 3, 4, 5);
});

test("[B20] a client that was away while its node left, as the only one of its room, resumes completely", async () => {
  const [author, witness] = [start("author"), start("witness")];
  say(author, 1, 5);
  await author.relay.bequeath();
  await kill(author);
  await witness.relay.prepare(ROOM, { author: 2 });
  const reader = createMember("reader", { wantsPosition: true });
  expect(witness.relay.resume(ROOM, reader, { positions: { author: 2 } })).toEqual({ replayed: 3 });
});
