import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { joinAs, type Watcher } from "./watcher.ts";

/** The node that is killed and drained, and one in another region that looks on. */
const VICTIM = 0;
const ONLOOKER = 2;
const MISSED = 50;
const LOOK_MS = 25;

let rooms = 0;
let rowsWritten = 0;

interface Room {
  topic: string;
  join(name: string, node: number, config?: object): Promise<Watcher>;
}

function newRoom(fleet: Fleet): Room {
  const topic = `realtime:bound-${++rooms}`;
  const apikey = fleet.project.keys.publishable.value;
  return {
    topic,
    join: (name, node, config) => joinAs(name, { url: fleet.nodeUrl(node), apikey, topic, config }),
  };
}

async function tracked(room: Room, name: string, node: number, onlooker: Watcher): Promise<Watcher> {
  const member = await room.join(name, node, { broadcast: { sequence: true } });
  await member.client.track(room.topic, { name });
  await onlooker.when(({ cameMs }) => cameMs.get(name));
  return member;
}

/** All at once: each is timed by itself. */
export async function frozenClients(fleet: Fleet, trials: number): Promise<number[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  // The kernel of a frozen process acknowledges what it gets; nothing answers.
  const heartbeat = setInterval(() => void onlooker.client.send("phoenix", "heartbeat", {}), 5_000);
  const members: Watcher[] = [];
  for (let i = 0; i < trials; i++) members.push(await tracked(room, `frozen-${i}`, VICTIM, onlooker));
  const took = await Promise.all(
    members.map(async ({ client }, i) => {
      await delay(100 * i);
      client.socket.pause();
      const frozenMs = Date.now();
      return (await onlooker.when(({ wentMs }) => wentMs.get(`frozen-${i}`))) - frozenMs;
    }),
  );
  clearInterval(heartbeat);
  for (const { client } of members) client.socket.terminate();
  return took;
}

export async function killedClients(fleet: Fleet, trials: number): Promise<number[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  const took: number[] = [];
  for (let i = 0; i < trials; i++) {
    const member = await tracked(room, `killed-${i}`, VICTIM, onlooker);
    const killedMs = Date.now();
    member.client.socket.terminate();
    took.push((await onlooker.when(({ wentMs }) => wentMs.get(`killed-${i}`))) - killedMs);
  }
  return took;
}

/** From the first byte of the new connection to the word that nothing is missing. */
export async function resumes(fleet: Fleet, trials: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using speaker = await room.join("speaker", VICTIM);
    const before = await room.join("member", VICTIM, { broadcast: { sequence: true } });
    speaker.client.broadcast(room.topic, "n", { n: 0 });
    const { payload } = await before.client.expectFrame({ event: "broadcast" });
    const { origin, seq } = (payload as { meta: { origin: string; seq: number } }).meta;
    before.client.socket.terminate();
    for (let n = 1; n <= MISSED; n++) speaker.client.broadcast(room.topic, "n", { n });
    await speaker.client.heartbeat();
    const startedMs = Date.now();
    await using after = await room.join("member", ONLOOKER, { broadcast: { resume: { [origin]: seq } } });
    const recovered = { event: "system", payload: { message: "Recovered", replayed: MISSED } };
    took.push((await after.client.expectFrame(recovered)).atMs - startedMs);
  }
  return took;
}

interface NodeDeaths {
  membersGone: number[];
  homeTakenOver: number[];
}

/** Each trial kills the home of the project, which has a member, while a row is committed. */
export async function nodeDeaths(fleet: Fleet, trials: number): Promise<NodeDeaths> {
  const outcome: NodeDeaths = { membersGone: [], homeTakenOver: [] };
  const changes = { postgres_changes: [{ event: "INSERT", schema: "public", table: "bound_rows" }] };
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    const victim = (await fleet.home()) ?? VICTIM;
    await using onlooker = await room.join("onlooker", (victim + 2) % 4, changes);
    const subscribed = { event: "system", payload: { extension: "postgres_changes", status: "ok" } };
    await onlooker.client.expectFrame(subscribed, { withinMs: 30_000 });
    const home = (await fleet.home()) ?? VICTIM;
    if (home !== victim) continue;
    const member = await tracked(room, "member", home, onlooker);
    const killedMs = Date.now();
    await fleet.inflict({ kind: "kill", node: home });
    const n = ++rowsWritten;
    await fleet.project.database.query("insert into bound_rows (n) values ($1)", [n]);
    const row = onlooker.when(({ rowsMs }) => rowsMs.get(n));
    outcome.membersGone.push((await onlooker.when(({ wentMs }) => wentMs.get("member"))) - killedMs);
    outcome.homeTakenOver.push((await row) - killedMs);
    await member.client.close();
    await fleet.inflict({ kind: "start", node: home });
  }
  return outcome;
}

interface Partitions {
  membersBack: number[];
  gapRepaired: number[];
}

/** A short cut loses messages, a long one hides members; both are timed from the moment the link is back. */
export async function partitions(fleet: Fleet, trials: number, region: string): Promise<Partitions> {
  const outcome: Partitions = { membersBack: [], gapRepaired: [] };
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using onlooker = await room.join("onlooker", ONLOOKER);
    await using speaker = await tracked(room, "speaker", VICTIM, onlooker);
    const say = (n: number) => speaker.client.broadcast(room.topic, "n", { n });
    say(0);
    await onlooker.when(({ heardMs }) => heardMs.get(0));
    await fleet.inflict({ kind: "cut", region });
    say(1);
    await onlooker.when(({ wentMs }) => wentMs.get("speaker"));
    const beforeMs = Date.now();
    await fleet.inflict({ kind: "mend" });
    const linkedMs = Date.now();
    const back = (watcher: Watcher) => {
      const atMs = watcher.cameMs.get("speaker");
      return atMs !== undefined && atMs >= beforeMs ? atMs : undefined;
    };
    outcome.membersBack.push(Math.max(0, (await onlooker.when(back)) - linkedMs));
    await onlooker.when(({ heardMs }) => heardMs.get(1));
  }
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using onlooker = await room.join("onlooker", ONLOOKER);
    await using speaker = await room.join("speaker", VICTIM);
    const say = (n: number) => speaker.client.broadcast(room.topic, "n", { n });
    say(0);
    await onlooker.when(({ heardMs }) => heardMs.get(0));
    await fleet.inflict({ kind: "cut", region });
    for (let n = 1; n <= MISSED; n++) say(n);
    await speaker.client.heartbeat();
    await fleet.inflict({ kind: "mend" });
    // The first message that gets through shows the hole, and waits until it is filled.
    const saidMs: number[] = [];
    for (let n = MISSED + 1; !onlooker.heardMs.has(MISSED); n++) {
      saidMs.push(Date.now());
      say(n);
      await delay(LOOK_MS);
    }
    const filledMs = await onlooker.when(({ heardMs }) => heardMs.get(MISSED));
    // Those before the last that was said before the hole was filled may have been lost as well.
    const shownMs = saidMs.findLast((atMs) => atMs <= filledMs) ?? filledMs;
    outcome.gapRepaired.push(filledMs - Math.min(shownMs, filledMs));
  }
  return outcome;
}

interface Drains {
  movedMs: number[];
  /** Presence events that the onlooker was told of. */
  moves: number[];
}

/** A client that was asked to go is elsewhere, with everything it missed. */
export async function drains(fleet: Fleet, trials: number): Promise<Drains> {
  const outcome: Drains = { movedMs: [], moves: [] };
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using onlooker = await room.join("onlooker", ONLOOKER);
    const before = await tracked(room, "mover", VICTIM, onlooker);
    onlooker.client.broadcast(room.topic, "n", { n: 0 });
    const { payload } = await before.client.expectFrame({ event: "broadcast" });
    const { origin, seq } = (payload as { meta: { origin: string; seq: number } }).meta;
    const toldBefore = onlooker.moves.get("mover") ?? 0;
    await fleet.inflict({ kind: "drain", node: VICTIM });
    await before.client.expectClose({ withinMs: 10_000 });
    const closedMs = Date.now();
    onlooker.client.broadcast(room.topic, "n", { n: 1 });
    await using after = await room.join("mover", 1, { broadcast: { resume: { [origin]: seq } } });
    await after.client.track(room.topic, { name: "mover" });
    await after.when(({ heardMs }) => heardMs.get(1));
    const recovered = await after.client.expectFrame({ event: "system", payload: { message: "Recovered" } });
    outcome.movedMs.push(recovered.atMs - closedMs);
    await fleet.inflict({ kind: "start", node: VICTIM });
    outcome.moves.push((onlooker.moves.get("mover") ?? 0) - toldBefore);
  }
  return outcome;
}
