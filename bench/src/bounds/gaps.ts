import { setTimeout as delay } from "node:timers/promises";
import type { TapBatch, TraceHop } from "@tidewire/protocol/cluster/tap";
import { eventually } from "@tidewire/testkit/eventually";
import { subscribe } from "../../../apps/realtime-node/test/harness/inspect-client.ts";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { newRoom, ONLOOKER, REGIONS, VICTIM } from "./room.ts";

const LOST = 50;
const SAY_EVERY_MS = 10;
const PATIENCE = { withinMs: 60_000 };

interface Gaps {
  /**
   * On the node with the hole: from the arrival of the first broadcast behind it to its turn, when what was missing
   * has been served or was announced as lost.
   */
  closedMs: number[];
  /** Whether it was announced instead of repaired. */
  announced: boolean[];
}

/** Cuts too short for the nodes to miss each other: only the sequence shows that something was lost. */
export async function gaps(fleet: Fleet, trials: number): Promise<Gaps> {
  const outcome: Gaps = { closedMs: [], announced: [] };
  const hops: TraceHop[] = [];
  for (const node of [VICTIM, ONLOOKER]) void collect(fleet, node, hops).catch(() => undefined);
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using onlooker = await room.join("onlooker", ONLOOKER);
    await using speaker = await room.join("speaker", VICTIM);
    const say = (n: number) => speaker.client.broadcast(room.topic, "n", { n });
    const traced = () =>
      hops.filter(({ topic, times }) => `realtime:${topic}` === room.topic && times.inOrder !== undefined);
    let n = 0;
    // The wish to trace travels; the first messages may come before it.
    await eventually(() => {
      say(n++);
      if (traced().length === 0) throw new Error("nothing is traced yet");
    }, PATIENCE);
    await onlooker.when(({ heardMs }) => heardMs.get(n - 1));
    await fleet.inflict({ kind: "cut", region: REGIONS[1] });
    const firstLost = n;
    for (const until = n + LOST; n < until; ) say(n++);
    await speaker.client.heartbeat();
    const lastLost = n - 1;
    const mended = fleet.inflict({ kind: "mend" });
    // What is said while there is no link yet is lost as well: the first that gets through shows the hole.
    while (onlooker.heardMs.size <= firstLost && onlooker.gapsMs.length === 0) {
      say(n++);
      await delay(SAY_EVERY_MS);
    }
    await mended;
    say(n++);
    await onlooker.when(({ heardMs }) => heardMs.get(n - 1));
    outcome.announced.push(onlooker.gapsMs.length > 0);
    outcome.closedMs.push(
      await eventually(() => {
        const behind = traced().filter(({ position, times }) => {
          return position.seq > lastLost + 1 && times.busIn !== times.inOrder;
        });
        if (behind.length === 0) throw new Error("nothing waited behind the hole");
        return Math.max(...behind.map(({ times: { busIn = 0, inOrder = 0 } }) => inOrder - busIn));
      }, PATIENCE),
    );
  }
  return outcome;
}

async function collect(fleet: Fleet, node: number, hops: TraceHop[]): Promise<void> {
  const input = { ref: fleet.project.ref, trace: true };
  for await (const { traces = [] } of subscribe<TapBatch>(fleet.inspect(node), "tap", input)) {
    hops.push(...traces);
  }
}
