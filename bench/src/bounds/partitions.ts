import type { PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { newRoom, ONLOOKER, REGIONS, SEQUENCED, VICTIM } from "./room.ts";
import type { Watcher } from "./watcher.ts";

const SAID = 50;

interface Partitions {
  /** From the cut to the leave of the member on the other side; two sides for each cut. */
  missedMs: number[];
  /** Whether the node on each side did not name that member, with its node as the cause. */
  unnamed: boolean[];
  /** From the moment both links are up to that member's join. */
  backMs: number[];
  /** From then to the last broadcast of the cut. */
  heardMs: number[];
  /** Whether a side was told anything twice, or was left without a broadcast that was not announced as lost. */
  untrue: boolean[];
}

/** Each cut lasts until both sides have said whom they miss. */
export async function partitions(fleet: Fleet, trials: number): Promise<Partitions> {
  const outcome: Partitions = { missedMs: [], unnamed: [], backMs: [], heardMs: [], untrue: [] };
  for (let i = 0; i < trials; i++) {
    const room = newRoom(fleet);
    await using here = await room.join("here", VICTIM, SEQUENCED);
    await using there = await room.join("there", ONLOOKER, SEQUENCED);
    const sides: [Watcher, string, number][] = [
      [here, "there", VICTIM],
      [there, "here", ONLOOKER],
    ];
    await here.client.track(room.topic, { name: "here" });
    await there.client.track(room.topic, { name: "there" });
    for (const [side, other] of sides) await side.when(({ cameMs }) => cameMs.get(other));
    here.client.broadcast(room.topic, "n", { n: 0 });
    await there.when(({ heardMs }) => heardMs.get(0));

    const cutMs = Date.now();
    await fleet.inflict({ kind: "cut", region: REGIONS[1] });
    for (let n = 1; n <= SAID; n++) {
      here.client.broadcast(room.topic, "n", { n });
      there.client.broadcast(room.topic, "n", { n: -n });
    }
    for (const [side, other, node] of sides) {
      outcome.missedMs.push((await side.when(({ wentMs }) => wentMs.get(other))) - cutMs);
      outcome.unnamed.push(!(await isNamed(fleet, node, room.topic, other)));
    }

    await fleet.inflict({ kind: "mend" });
    const linkedMs = Date.now();
    for (const [side, other, node] of sides) {
      const back = await side.when(({ cameMs, wentMs }) => {
        const atMs = cameMs.get(other);
        return atMs !== undefined && atMs >= (wentMs.get(other) ?? 0) ? atMs : undefined;
      });
      outcome.backMs.push(Math.max(0, back - linkedMs));
      const last = node === VICTIM ? -SAID : SAID;
      const isOver = (watcher: Watcher) => watcher.heardMs.get(last) ?? watcher.gapsMs.at(-1);
      outcome.heardMs.push(Math.max(0, (await side.when(isOver)) - linkedMs));
      const isWhole = side.gapsMs.length > 0 || heardFromOther(side, last) === SAID;
      outcome.untrue.push(!isWhole || side.duplicates > 0 || side.moves.get(other) !== 3);
    }
  }
  return outcome;
}

function heardFromOther({ heardMs }: Watcher, last: number): number {
  return [...heardMs.keys()].filter((n) => Math.sign(n) === Math.sign(last)).length;
}

async function isNamed(fleet: Fleet, node: number, fullTopic: string, key: string): Promise<boolean> {
  const topic = fullTopic.replace(/^realtime:/, "");
  const input = { ref: fleet.project.ref, topic };
  const { departures } = (await fleet.inspect(node).query("presence", input)) as PresenceSnapshot;
  return departures.some((each) => each.topic === topic && each.key === key && each.cause === "node-down");
}
