import { eventually } from "@tidewire/testkit/eventually";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { MISSED, resumeAt } from "./resumes.ts";
import { newRoom, nextPosition, SEQUENCED, tracked } from "./room.ts";

const HOME_MS = 30_000;
let rowsWritten = 0;

interface NodeDeaths {
  membersGone: number[];
  /** From the kill to the row that was committed after it. */
  homeTakenOver: number[];
  /** At a node that had nothing of the topic, while the dead one still counts as alive. */
  resumed: number[];
}

export async function prepareRows(fleet: Fleet): Promise<void> {
  await fleet.project.database.query(`
    create table public.bound_rows (id bigint generated always as identity primary key, n int);
    alter publication supabase_realtime add table public.bound_rows;`);
}

async function homeOf(fleet: Fleet): Promise<number> {
  return eventually(
    async () => {
      const home = await fleet.home();
      if (home === undefined) throw new Error("the project has no home");
      return home;
    },
    { withinMs: HOME_MS },
  );
}

/** Each trial kills the home of the project, which has a member and the origin of some broadcasts. */
export async function nodeDeaths(fleet: Fleet, trials: number): Promise<NodeDeaths> {
  const outcome: NodeDeaths = { membersGone: [], homeTakenOver: [], resumed: [] };
  const changes = { postgres_changes: [{ event: "INSERT", schema: "public", table: "bound_rows" }] };
  const subscribed = { event: "system", payload: { extension: "postgres_changes", status: "ok" } };
  while (outcome.membersGone.length < trials) {
    const room = newRoom(fleet);
    await using waiting = await room.join("waiting", 0, changes);
    await waiting.client.expectFrame(subscribed, { withinMs: HOME_MS });
    const victim = await homeOf(fleet);
    const [neighbour, far] = [victim ^ 1, (victim + 2) % 4];
    await using onlooker = await room.join("onlooker", far, changes);
    await onlooker.client.expectFrame(subscribed, { withinMs: HOME_MS });
    const speaker = await tracked(room, "member", { node: victim, onlookers: [onlooker] });
    const listener = await room.join("listener", victim, SEQUENCED);
    speaker.client.broadcast(room.topic, "n", { n: 0 });
    const position = await nextPosition(listener);
    listener.client.socket.terminate();
    for (let n = 1; n <= MISSED; n++) speaker.client.broadcast(room.topic, "n", { n });
    await onlooker.when(({ heardMs }) => heardMs.get(MISSED));

    const killedMs = Date.now();
    await fleet.inflict({ kind: "kill", node: victim });
    const n = ++rowsWritten;
    await fleet.project.database.query("insert into bound_rows (n) values ($1)", [n]);
    outcome.resumed.push(await resumeAt(room, neighbour, position));
    const row = onlooker.when(({ rowsMs }) => rowsMs.get(n));
    outcome.membersGone.push((await onlooker.when(({ wentMs }) => wentMs.get("member"))) - killedMs);
    outcome.homeTakenOver.push((await row) - killedMs);
    await fleet.inflict({ kind: "start", node: victim });
  }
  return outcome;
}
