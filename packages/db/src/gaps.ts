import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";
import type { GapCause } from "./gap-causes.ts";

/** Row changes of a project that nobody will be given: committed after `fromLsn`, up to `toLsn`. */
export interface GapRow {
  id: string;
  ref: string;
  /** Positions as Postgres writes them, `16/B374D848`. */
  fromLsn: string;
  toLsn: string;
  /** When the node found out, by its clock. */
  atMs: number;
  cause: GapCause;
  /** Tables, with their schema, that channels had asked for. */
  tables: string[];
  /** Channels that were told. */
  channels: number;
  node: string;
}

/** Newest first. */
export async function listGaps(db: Db, ref: string, { limit }: { limit: number }): Promise<GapRow[]> {
  const rows = await translateErrors(
    db.changeGap.findMany({
      where: { projectRef: ref },
      orderBy: [{ at: "desc" }, { id: "desc" }],
      take: limit,
    }),
  );
  return rows.map(({ id, projectRef, at, cause, ...row }) => ({
    ...row,
    id: String(id),
    ref: projectRef,
    atMs: at.getTime(),
    cause: cause as GapCause,
  }));
}

/** Deletes gaps older than `olderThanMs`, and all but the latest `keptMax` of each project. Returns how many. */
export async function pruneGaps(
  db: Db,
  { olderThanMs, keptMax }: { olderThanMs: number; keptMax: number },
): Promise<number> {
  return translateErrors(db.$executeRaw`
    delete from change_gap where id in (
      select id from (
        select id, at, row_number() over (partition by project_ref order by at desc, id desc) as place
          from change_gap) as ranked
       where place > ${keptMax} or at < now() - make_interval(secs => ${olderThanMs / 1_000}::float8))`);
}
