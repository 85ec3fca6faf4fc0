import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { BurstOrder, BurstOutcome, Joiner } from "./join-burst.ts";
import { Member } from "./member.ts";

/** As realtime-js has it: how long it waits for a reply, and when it tries again after an error. */
const JOIN_TIMEOUT_MS = 10_000;
const REJOIN_AFTER_MS = [1_000, 2_000, 5_000, 10_000] as const;
/** Sockets that connect at one time: the burst to be measured is that of the joins. */
const CONNECTING_MAX = 50;
const EXPLAINED = /\(stage=\w+, elapsedMs=\d+, retryAfterMs=\d+\)$/;

/** Undefined without an answer in time. */
type Answer = "ok" | { reason: string } | undefined;

interface Client {
  joiner: Joiner;
  member: Member;
  waiting: Map<string, (answer: Answer) => void>;
}

const outcome: BurstOutcome = { joinedMs: [], refusals: {}, unexplained: 0, timeouts: 0, socketsLost: 0 };

const [order] = (await once(process, "message")) as [BurstOrder];
const clients = await connectAll(order);
const told = once(process, "message");
process.send?.("connected");
await told;
const startedMs = performance.now();
const deadline = delay(order.deadlineMs, undefined, { ref: false });
await Promise.race([deadline, Promise.all(clients.flatMap(joinEverything))]);
outcome.socketsLost = clients.filter(({ member }) => member.isGone).length;
process.send?.(outcome);

async function connectAll({ socketUrl, joiners }: BurstOrder): Promise<Client[]> {
  const connected: Client[] = [];
  const waiting = [...joiners];
  const connectSome = async () => {
    for (let joiner = waiting.shift(); joiner !== undefined; joiner = waiting.shift()) {
      connected.push(await connect(socketUrl, joiner));
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_MAX }, connectSome));
  return connected;
}

async function connect(socketUrl: string, joiner: Joiner): Promise<Client> {
  const waiting: Client["waiting"] = new Map();
  const member = await Member.connect(socketUrl, (payload) => {
    const [, ref, , event, { status, response }] = JSON.parse(payload.toString());
    if (event !== "phx_reply") return;
    waiting.get(ref)?.(status === "ok" ? "ok" : { reason: String(response.reason) });
  });
  return { joiner, member, waiting };
}

function joinEverything(client: Client): Promise<void>[] {
  return client.joiner.topics.map((topic, index) => joinUntilIn(client, topic, index));
}

async function joinUntilIn(client: Client, topic: string, index: number): Promise<void> {
  for (let attempt = 0; !client.member.isGone; attempt++) {
    const answer = await join(client, topic, `${index}.${attempt}`);
    if (answer === "ok") return void outcome.joinedMs.push(performance.now() - startedMs);
    if (answer === undefined) outcome.timeouts++;
    else noteRefusal(answer.reason);
    await delay(REJOIN_AFTER_MS[Math.min(attempt, REJOIN_AFTER_MS.length - 1)]);
  }
}

function join({ member, waiting, joiner }: Client, topic: string, ref: string): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(settle, JOIN_TIMEOUT_MS);
    function settle(answer?: Answer): void {
      clearTimeout(timer);
      waiting.delete(ref);
      resolve(answer);
    }
    waiting.set(ref, settle);
    const payload = { config: { private: true }, access_token: joiner.token };
    member.send(JSON.stringify([ref, ref, topic, "phx_join", payload]));
  });
}

function noteRefusal(reason: string): void {
  const code = reason.split(":", 1)[0] ?? reason;
  outcome.refusals[code] = (outcome.refusals[code] ?? 0) + 1;
  if (!EXPLAINED.test(reason)) outcome.unexplained++;
}
