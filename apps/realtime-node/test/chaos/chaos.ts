import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "@tidewire/testkit/eventually";
import { seededRandom } from "@tidewire/testkit/seeded-random";
import { type Disruption, Disruptions } from "./disruptions.ts";
import { House } from "./house.ts";
import { Oracle, type Session } from "./oracle.ts";
import { Subscriber } from "./subscriber.ts";
import { SUBSCRIPTIONS } from "./subscriptions.ts";
import { SCHEMA, Writer } from "./workload.ts";

const NODES = ["anchor", "left", "right"] as const;
const WRITERS = 4;
/** Everything is whole again and the last commit is on its way. */
const CATCH_UP_MS = 60_000;
const JUDGE_EVERY_MS = 500;

export interface ChaosReport {
  disruptions: readonly Disruption[];
  transactions: number;
  changes: number;
  delivered: number;
  broadcasts: number;
  sessions: number;
  announced: number;
  /** What is wrong, one sentence each; nothing when every promise was kept. */
  faults: string[];
}

/** Writes, breaks and listens for `forMs`, then holds what every subscriber got against what was committed. */
export async function runChaos({ seed, forMs }: { seed: number; forMs: number }): Promise<ChaosReport> {
  await using house = await House.open(SCHEMA);
  const subscribers = await openSubscribers(house, seed);
  const end = new AbortController();
  const listening = subscribers.map((each, index) =>
    each.run(end.signal, NODES[index % NODES.length] ?? "anchor"),
  );
  const stop = new AbortController();
  try {
    await eventually(() => subscribers.every(({ sessions }) => isSubscribed(sessions.at(-1))), {
      withinMs: 30_000,
    });
    const writers = Array.from({ length: WRITERS }, (_, index) => {
      const random = seededRandom(seed + 1 + index);
      return new Writer(house.project.database.databaseUrl, index, random).run(stop.signal);
    });
    const disruptions = new Disruptions(house, seededRandom(seed), "anchor");
    const breaking = disruptions.run(stop.signal);
    await Promise.race([delay(forMs), breaking]);
    stop.abort();
    await Promise.all([breaking, ...writers]);
    const restarts = disruptions.done.filter(({ kind }) => kind.startsWith("restart")).length;
    const { oracle, faults } = await judgeInTheEnd(house, subscribers, restarts);
    const sessions = subscribers.flatMap((each) => each.sessions);
    return {
      disruptions: disruptions.done,
      transactions: oracle.transactions,
      changes: oracle.changes,
      delivered: sessions.reduce((sum, { delivered }) => sum + delivered.length, 0),
      broadcasts: sessions.reduce((sum, { broadcasts }) => sum + broadcasts.length, 0),
      sessions: sessions.length,
      announced: sessions.flatMap(({ systems }) => systems).filter(({ status }) => status === "error").length,
      faults,
    };
  } finally {
    stop.abort();
    end.abort();
    for (const each of subscribers) each.close();
    await Promise.all(listening);
  }
}

async function openSubscribers(house: House, seed: number): Promise<Subscriber[]> {
  // The first home is one that may be killed.
  for (const name of [...NODES].reverse()) await house.add(name);
  return SUBSCRIPTIONS.map((each, index) => new Subscriber(house, each, seededRandom(seed + 100 + index)));
}

function isSubscribed(session: Session | undefined): boolean {
  return session !== undefined && session.fromLsn !== null && !session.isOver;
}

/** What is still on its way may arrive; what comes twice has done so by then. */
async function judgeInTheEnd(house: House, subscribers: readonly Subscriber[], restarts: number) {
  await using client = await house.project.database.connect();
  const oracle = await Oracle.read(client);
  const judge = () => {
    const faults: string[] = [];
    const say = (name: string, place: number, what: readonly string[]) => {
      if (what.length > 0)
        faults.push(`${name}, session ${place}: ${what.length}x ${what.slice(0, 3).join("; ")}`);
    };
    const all = subscribers.flatMap(({ subscription, sessions }) =>
      sessions.map((session, place) => ({ subscription, session, place })),
    );
    for (const { subscription, session, place } of all) say(subscription.name, place, oracle.learn(session));
    for (const { subscription, session, place } of all) {
      say(subscription.name, place, oracle.judge(session, subscription.wishOf));
      say(subscription.name, place, oracle.judgeBroadcasts(session, place === 0));
      say(subscription.name, place, announcementFaults(session));
      const wasThere = place === 0 && !session.isOver;
      if (wasThere && restarts > 0 && !session.systems.some(({ status }) => status === "error"))
        faults.push(`${subscription.name} was told of no loss, with ${restarts} restarts`);
    }
    for (const { subscription, sessions } of subscribers)
      if (!isSubscribed(sessions.at(-1))) faults.push(`${subscription.name} is not subscribed in the end`);
    return faults;
  };
  let faults = judge();
  await eventually(
    async () => {
      await delay(JUDGE_EVERY_MS);
      faults = judge();
      return faults.length === 0;
    },
    { withinMs: CATCH_UP_MS },
  ).catch(() => undefined);
  return { oracle, faults };
}

/** Each loss is told once, then its end, which is complete: no slot is lost here. */
function announcementFaults({ systems, isOver }: Session): string[] {
  const faults: string[] = [];
  let state: "well" | "lost" | "perhaps" = "well";
  for (const { status, message, complete, from_lsn, to_lsn } of systems) {
    if (message === "Server requested disconnect") continue;
    if (message === "Subscribed to PostgreSQL") {
      // A loss that everybody was told of, not this channel alone, may still be closed.
      state = state === "lost" ? "perhaps" : "well";
    } else if (message === "Recovered") {
      if (state === "well") faults.push("recovered from nothing");
      if (complete !== true || from_lsn === undefined || to_lsn === undefined)
        faults.push("an unclear recovery");
      state = "well";
    } else if (status === "error" && complete === undefined) {
      if (state === "lost") faults.push(`the same loss told twice: ${String(message)}`);
      state = "lost";
    } else faults.push(`told ${String(message)}`);
  }
  if (state === "lost" && !isOver) faults.push("a loss that nobody closed");
  return faults;
}
