import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { NEIGHBOUR, newRoom, nextPosition, ONLOOKER, tracked, VICTIM } from "./room.ts";

/** Clients come back after anything from nothing to this; joining must not take them beyond the 2 s of rule P26. */
const AWAY_MS_MAX = 1_500;
const HAND_OVER_MS = 2_000;

interface Drains {
  /** From the first byte of the new connection to the word that nothing is missing. */
  recoveredMs: number[];
  /** Of those that were present again in time: whether anybody was told of a leave or a join. */
  flickered: boolean[];
  /** Whether a message was missed or heard twice. */
  lost: boolean[];
}

/** A client that was asked to go comes back elsewhere; a member on each of two other nodes looks on. */
export async function drains(fleet: Fleet, trials: number): Promise<Drains> {
  const outcome: Drains = { recoveredMs: [], flickered: [], lost: [] };
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using near = await room.join("near", NEIGHBOUR);
    await using far = await room.join("far", ONLOOKER);
    const onlookers = [near, far];
    const before = await tracked(room, "mover", { node: VICTIM, onlookers });
    far.client.broadcast(room.topic, "n", { n: 0 });
    const position = await nextPosition(before);
    await fleet.inflict({ kind: "drain", node: VICTIM });
    await before.client.expectClose({ withinMs: 10_000 });
    const closedMs = Date.now();
    far.client.broadcast(room.topic, "n", { n: 1 });
    await delay((AWAY_MS_MAX * i) / trials);

    const startedMs = Date.now();
    await using after = await room.join("mover", NEIGHBOUR, { broadcast: { resume: position } });
    await after.client.track(room.topic, { name: "mover" });
    const isInTime = Date.now() - closedMs < HAND_OVER_MS;
    const recovered = { event: "system", payload: { message: "Recovered" } };
    const { atMs } = await after.client.expectFrame(recovered, { withinMs: 10_000 });
    outcome.recoveredMs.push(atMs - startedMs);
    await fleet.inflict({ kind: "start", node: VICTIM });
    outcome.lost.push(!after.heardMs.has(1) || after.duplicates > 0);
    if (isInTime) outcome.flickered.push(onlookers.some(({ moves }) => moves.get("mover") !== 1));
  }
  return outcome;
}
