import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Cable, Netns } from "../../../apps/realtime-node/test/harness/netns.ts";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { newRoom, ONLOOKER, VICTIM } from "./room.ts";

const MEMBER = fileURLToPath(
  new URL("../../../apps/realtime-node/test/harness/member-process.mjs", import.meta.url),
);

/** Processes on the other end of one cable, which is pulled once and for all. */
export async function unpluggedClients(
  fleet: Fleet,
  { netns, cable }: { netns: Netns; cable: Cable },
  trials: number,
): Promise<number[]> {
  const room = newRoom(fleet);
  await using onlooker = await room.join("onlooker", ONLOOKER);
  const socketUrl = `${fleet.nodeUrl(VICTIM).replace("http", "ws")}/realtime/v1/websocket`;
  const query = `?apikey=${fleet.project.keys.publishable.value}&vsn=2.0.0`;
  const names = Array.from({ length: trials }, (_, i) => `far-${i}`);
  for (const name of names) {
    const member = netns.run(process.execPath, [MEMBER, socketUrl + query, room.topic, name]);
    if (member.stdout !== null) await once(member.stdout, "data");
    await onlooker.when(({ cameMs }) => cameMs.get(name));
  }
  const pulledMs = Date.now();
  cable.pull();
  return await Promise.all(
    names.map(async (name) => (await onlooker.when(({ wentMs }) => wentMs.get(name))) - pulledMs),
  );
}
