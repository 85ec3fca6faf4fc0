import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { newRoom, ONLOOKER, tracked, VICTIM } from "./room.ts";

/** Spread over the time between two pings, so that each client is met at a moment of its own. */
const PING_EVERY_MS = 3_000;
const STALL_MS = 3_000;
/** One after the other, for each client. */
const STALLS = 3;
const AWAKE_MS = 500;

/** From the end of the socket to the leave. */
export async function killedClients(fleet: Fleet, trials: number): Promise<number[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  const took: number[] = [];
  for (let i = 0; i < trials; i++) {
    const name = `killed-${i}`;
    const member = await tracked(room, name, { node: VICTIM, onlookers: [onlooker] });
    const killedMs = Date.now();
    member.client.socket.terminate();
    took.push((await onlooker.when(({ wentMs }) => wentMs.get(name))) - killedMs);
  }
  return took;
}

/** All at once, each timed by itself. The kernel of a frozen client acknowledges what it gets; nothing answers. */
export async function frozenClients(fleet: Fleet, trials: number): Promise<number[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  const names = Array.from({ length: trials }, (_, i) => `frozen-${i}`);
  return await Promise.all(
    names.map(async (name, i) => {
      await using member = await tracked(room, name, { node: VICTIM, onlookers: [onlooker] });
      await delay((PING_EVERY_MS * i) / trials);
      member.client.socket.pause();
      const frozenMs = Date.now();
      return (await onlooker.when(({ wentMs }) => wentMs.get(name))) - frozenMs;
    }),
  );
}

/** Whether each stall cost the client its socket or its place, seen by itself and by somebody else. */
export async function stalledClients(fleet: Fleet, trials: number): Promise<boolean[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  const names = Array.from({ length: trials }, (_, i) => `stalled-${i}`);
  const evicted = await Promise.all(
    names.map(async (name, i) => {
      await using member = await tracked(room, name, { node: VICTIM, onlookers: [onlooker] });
      await delay((PING_EVERY_MS * i) / trials);
      const outcomes: boolean[] = [];
      for (let stall = 0; stall < STALLS; stall++) {
        member.client.socket.pause();
        await delay(STALL_MS);
        member.client.socket.resume();
        const answer = await member.client.heartbeat().catch(() => undefined);
        outcomes.push(answer === undefined || onlooker.moves.get(name) !== 1);
        await delay(AWAKE_MS);
      }
      return outcomes;
    }),
  );
  return evicted.flat();
}
