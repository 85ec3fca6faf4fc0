import { Beat } from "@tidewire/protocol/cluster/beat";
import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import type { Run } from "@tidewire/protocol/cluster/history";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { eventually } from "@tidewire/testkit/eventually";
import type { Bus } from "../../src/bus/bus.ts";
import { connectNatsBus } from "../../src/bus/nats-bus.ts";
import { HistoryClient } from "../../src/hub/history-exchange.ts";
import { createLog } from "../../src/log.ts";
import { nameOf } from "./record.ts";

const ASKED_MS_MAX = 10_000;
const ANSWERED_MS_MAX = 60_000;
/** A node that has not beaten for so long is gone. */
const BEAT_MS_MAX = 3_000;
const log = createLog({ level: "silent", fields: {} });

/** What a node has said of a room; it is asked for the rest. Histories forget, but nothing as young as what is looked for. */
interface Known {
  held: Map<string, BroadcastPosition>;
  runs: Record<string, Run>;
}

/** Messages of an origin come in order; behind a hole a new run begins. */
function extend(runs: Record<string, Run>, { origin, seq }: BroadcastPosition): void {
  const [first, last] = runs[origin] ?? [seq, seq];
  if (seq === first - 1) runs[origin] = [seq, last];
  else if (seq === last + 1) runs[origin] = [first, seq];
  else if (seq > last || first === last) runs[origin] = [seq, seq];
}

/** One listener in each region, which asks its nodes what they have even while regions are apart. */
export interface Witnesses extends AsyncDisposable {
  /** The messages in these rooms, accepted since then, that living nodes can still hand out, by name. */
  heldIn: HeldIn;
}

type HeldIn = (rooms: readonly string[], sinceMs: number) => Promise<Map<string, BroadcastPosition>>;

/** @param urls of the NATS servers, by region */
export async function startWitnesses(urls: ReadonlyMap<string, string>, ref: string): Promise<Witnesses> {
  const buses = new Map<string, Bus>();
  for (const [region, url] of urls) buses.set(region, await connectNatsBus({ url, name: "witness" }, log));
  const witnesses = [...buses].map(([region, bus]) => createWitness(bus, { ref, region }));
  return {
    async heldIn(rooms, sinceMs) {
      const held = await Promise.all(witnesses.map((heldNear) => heldNear(rooms, sinceMs)));
      return new Map(held.flatMap((each) => [...each]));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...buses.values()].map((bus) => bus.close()));
    },
  };
}

function createWitness(bus: Bus, { ref, region }: { ref: string; region: string }): HeldIn {
  const beats = new Map<string, number>();
  bus.subscribe(subjects.beat(), ({ data }) => {
    const beat = Beat.parse(JSON.parse(new TextDecoder().decode(data)));
    if (beat.state === "gone") beats.delete(beat.boot);
    else if (beat.region === region) beats.set(beat.boot, Date.now());
  });
  const client = new HistoryClient(bus, log);
  const isAlive = (boot: string) => (beats.get(boot) ?? 0) > Date.now() - BEAT_MS_MAX;
  const known = new Map<string, Known>();
  const knownOf = (boot: string, topic: string) => {
    const name = `${boot} ${topic}`;
    const found = known.get(name) ?? { held: new Map<string, BroadcastPosition>(), runs: {} };
    known.set(name, found);
    return found;
  };
  const ask = async (boot: string, topic: string, sinceMs: number) => {
    const of = knownOf(boot, topic);
    const room = { ref, topic, private: false };
    const request = { room, after: {}, onlyNamed: false, sinceMs, held: of.runs };
    const answer = await eventually(
      async () => {
        const given = await client.ask(boot, request, ASKED_MS_MAX);
        if (given === undefined && isAlive(boot))
          throw new Error(`${boot} did not say what it has of ${topic}`);
        return given;
      },
      { withinMs: ANSWERED_MS_MAX },
    );
    for (const envelope of answer?.envelopes ?? []) {
      of.held.set(nameOf(topic, said(envelope)), envelope.position);
      extend(of.runs, envelope.position);
    }
    return answer === undefined ? [] : [...of.held];
  };
  return async (rooms, sinceMs) => {
    const boots = [...beats.keys()].filter(isAlive);
    const held = await Promise.all(boots.flatMap((boot) => rooms.map((room) => ask(boot, room, sinceMs))));
    return new Map(held.flat());
  };
}

function said({ broadcast }: FanOutEnvelope): { publisher: string; n: number } {
  const isWhole = broadcast.form === "verbatim";
  const text = isWhole ? broadcast.payloadJson : new TextDecoder().decode(broadcast.payload);
  const { p, n } = isWhole ? JSON.parse(text).payload : JSON.parse(text);
  return { publisher: p, n };
}
