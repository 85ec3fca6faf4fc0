import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { newRoom, nextPosition, ONLOOKER, type Room, SEQUENCED, VICTIM } from "./room.ts";

export const MISSED = 50;

/** From the first byte of the new connection to the word that nothing is missing. @throws Error when something is */
export async function resumeAt(room: Room, node: number, from: Record<string, number>): Promise<number> {
  const startedMs = Date.now();
  await using after = await room.join("back", node, { broadcast: { resume: from } });
  const recovered = { event: "system", payload: { message: "Recovered", replayed: MISSED } };
  const { atMs } = await after.client.expectFrame(recovered, { withinMs: 10_000 });
  if (after.duplicates > 0 || after.heardMs.size !== MISSED) throw new Error("resumed with duplicates");
  return atMs - startedMs;
}

/** Each on a node of the other region than the one that it was on before. */
export async function resumes(fleet: Fleet, trials: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using speaker = await room.join("speaker", VICTIM);
    const before = await room.join("member", VICTIM, SEQUENCED);
    speaker.client.broadcast(room.topic, "n", { n: 0 });
    const position = await nextPosition(before);
    before.client.socket.terminate();
    for (let n = 1; n <= MISSED; n++) speaker.client.broadcast(room.topic, "n", { n });
    await speaker.client.heartbeat();
    took.push(await resumeAt(room, ONLOOKER, position));
  }
  return took;
}
