import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";
import { Prisma } from "./generated/prisma/client.ts";
import type { SampleName } from "./sample-names.ts";

const POINTS_MAX = 1_000;
const DELETE_BATCH = 10_000;

export interface SampleRange {
  /** Null for measurements of nodes themselves. */
  ref: string | null;
  names: readonly SampleName[];
  /** One node only. */
  node?: string;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** How many points a series has at most; the span is cut into that many equal buckets. */
  points: number;
}

/** What the samples of one bucket come to. A counter's rate is `sum` over the bucket's length. */
export interface SamplePoint {
  /** Start of the bucket. */
  atMs: number;
  average: number;
  maximum: number;
  sum: number;
  count: number;
}

export interface SampleSeries {
  name: SampleName;
  node: string;
  points: SamplePoint[];
}

export interface SampleHistory {
  bucketMs: number;
  series: SampleSeries[];
}

/** Down-sampled in the database. Buckets without a sample are absent: a gap is not a zero. */
export async function readSamples(db: Db, range: SampleRange): Promise<SampleHistory> {
  const { ref, names, node, fromMs, toMs } = range;
  if (!(toMs > fromMs)) throw new RangeError("an empty range");
  const bucketMs = (toMs - fromMs) / Math.min(Math.max(1, Math.floor(range.points)), POINTS_MAX);
  const ofProject = ref === null ? Prisma.sql`project_ref is null` : Prisma.sql`project_ref = ${ref}`;
  const ofNode = node === undefined ? Prisma.empty : Prisma.sql`and node = ${node}`;
  const rows = await translateErrors(db.$queryRaw<(SamplePoint & { name: SampleName; node: string })[]>`
    select name, node,
           ${fromMs}::float8 + bucket * ${bucketMs}::float8 as "atMs",
           avg(value) as average, max(value) as maximum, sum(value) as sum, count(*)::int as count
      from (select name, node, value,
                   floor((extract(epoch from at)::float8 * 1000 - ${fromMs}::float8) / ${bucketMs}::float8) as bucket
              from metric_sample
             where ${ofProject} ${ofNode} and name = any (${[...names]}::text[])
               and at >= to_timestamp(${fromMs}::float8 / 1000) and at < to_timestamp(${toMs}::float8 / 1000)) as cut
     group by name, node, bucket
     order by name, node, bucket`);
  return { bucketMs, series: toSeries(rows) };
}

/** Deletes samples older than `olderThanMs` in batches, so that no statement holds many locks. Returns how many. */
export async function pruneSamples(db: Db, { olderThanMs }: { olderThanMs: number }): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await translateErrors(db.$executeRaw`
      delete from metric_sample where id in (
        select id from metric_sample
         where at < now() - make_interval(secs => ${olderThanMs / 1_000}::float8) limit ${DELETE_BATCH})`);
    deleted += batch;
    if (batch < DELETE_BATCH) return deleted;
  }
}

function toSeries(rows: readonly (SamplePoint & { name: SampleName; node: string })[]): SampleSeries[] {
  const series: SampleSeries[] = [];
  for (const { name, node, ...point } of rows) {
    let last = series.at(-1);
    if (last?.name !== name || last.node !== node) {
      last = { name, node, points: [] };
      series.push(last);
    }
    last.points.push(point);
  }
  return series;
}
