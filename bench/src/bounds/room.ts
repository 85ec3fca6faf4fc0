import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { joinAs, type Watcher } from "./watcher.ts";

/** Nodes 0 and 1 are in one region, 2 and 3 in the other. */
export const REGIONS = ["eu", "us"] as const;
export const NODES = ["eu", "eu", "us", "us"] as const;
/** The node that things happen to, its neighbour, and one in the other region that looks on. */
export const VICTIM = 0;
export const NEIGHBOUR = 1;
export const ONLOOKER = 2;

/** What every watcher asks for that may want to resume. */
export const SEQUENCED = { broadcast: { sequence: true } };

let rooms = 0;

export interface Room {
  readonly topic: string;
  join(name: string, node: number, config?: object): Promise<Watcher>;
}

/** Of its own for each trial, so that none sees what another left behind. */
export function newRoom(fleet: Fleet): Room {
  const topic = `realtime:bound-${++rooms}`;
  const apikey = fleet.project.keys.publishable.value;
  return {
    topic,
    join: (name, node, config) => joinAs(name, { url: fleet.nodeUrl(node), apikey, topic, config }),
  };
}

/** A member that is present, and known to be by `onlookers`. */
export async function tracked(
  room: Room,
  name: string,
  { node, onlookers }: { node: number; onlookers: readonly Watcher[] },
): Promise<Watcher> {
  const member = await room.join(name, node, SEQUENCED);
  await member.client.track(room.topic, { name });
  for (const onlooker of onlookers) await onlooker.when(({ cameMs }) => cameMs.get(name));
  return member;
}

/** Of the next broadcast that `watcher` hears. */
export async function nextPosition({ client }: Watcher): Promise<Record<string, number>> {
  const { payload } = await client.expectFrame({ event: "broadcast" }, { withinMs: 30_000 });
  const { origin, seq } = (payload as { meta: { origin: string; seq: number } }).meta;
  return { [origin]: seq };
}
