import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";
import type { NodeRow } from "./node-records.ts";

/** A node's row and how long the database has not heard from it, by the database's own clock. */
export interface NodeStatus extends NodeRow {
  silentMs: number;
}

/** By region and id; those marked as gone included. */
export async function listNodes(db: Db): Promise<NodeStatus[]> {
  return translateErrors(db.$queryRaw<NodeStatus[]>`
    select id, boot, region, url, admin_url as "adminUrl", pid, version, state::text as state, connections,
           (extract(epoch from started_at) * 1000)::float8 as "startedAtMs",
           (extract(epoch from beat_at) * 1000)::float8 as "beatAtMs", metrics,
           (extract(epoch from now() - seen_at) * 1000)::float8 as "silentMs"
      from node order by region, id`);
}

/** For a node whose process is known to be dead and could not say goodbye. A newer boot is left alone. */
export async function markNodeGone(db: Db, id: string, boot: string): Promise<void> {
  await translateErrors(db.node.updateMany({ where: { id, boot }, data: { state: "gone", connections: 0 } }));
}

/** Forgets nodes that have been gone, or silent, for longer than `silentMs`. Returns how many. */
export async function pruneNodes(db: Db, { silentMs }: { silentMs: number }): Promise<number> {
  return translateErrors(
    db.$executeRaw`delete from node where seen_at < now() - make_interval(secs => ${silentMs / 1_000}::float8)`,
  );
}
