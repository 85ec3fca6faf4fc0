import pg from "pg";

/** Rows of seven columns, some of them not ASCII: about 300 bytes in the stream, 600 at the client. */
export const TABLE_SQL = `
  create table bench_rows (
    id bigint generated always as identity primary key, room int not null default 0, title text not null,
    body text not null, amount numeric not null, tags jsonb not null, at timestamptz not null default now());
  alter publication supabase_realtime add table bench_rows;
  grant all on bench_rows to anon, authenticated;`;

export const CLASSES = ["a", "b", "c"] as const;

/** The policy tells the classes apart, and all of them see every row: the most deliveries that three questions can cost. */
export const RLS_SQL = `
  alter table bench_rows enable row level security;
  create policy by_class on bench_rows for select to authenticated
    using ((auth.jwt() ->> 'class') in (${CLASSES.map((each) => `'${each}'`).join(",")}));`;

const COLUMNS = "(room, title, body, amount, tags)";
const VALUES = `repeat('é', 50), n * 1.5, '{"a":1}'`;

/** Commits of `perCommit` rows, as fast as the server writes them; the client waits for the last. */
export async function insertBulk(client: pg.Client, rows: number, perCommit: number): Promise<void> {
  await client.query(`
    do $load$ begin
      for k in 1..${Math.ceil(rows / perCommit)} loop
        insert into bench_rows ${COLUMNS} select 0, 'bulk', ${VALUES} from generate_series(1, ${perCommit}) n;
        commit;
      end loop;
    end $load$`);
}

/**
 * One row a commit, at a steady rate, each with the time of its commit in its title: a loop in the server, so that the
 * load costs next to nothing but the commits themselves.
 *
 * @returns rows per second that were really written
 */
export async function insertAtRate(
  client: pg.Client,
  { perSecond, seconds, rooms }: { perSecond: number; seconds: number; rooms: number },
): Promise<number> {
  const total = perSecond * seconds;
  const startedMs = performance.now();
  await client.query(`
    do $load$
    declare began timestamptz := clock_timestamp(); due int; sent int := 0;
    begin
      while sent < ${total} loop
        due := least(${total}, floor(extract(epoch from clock_timestamp() - began) * ${perSecond})::int + 1);
        while sent < due loop
          insert into bench_rows ${COLUMNS}
            select sent % ${rooms}, 'at ' || floor(extract(epoch from clock_timestamp()) * 1e6)::bigint, ${VALUES}
            from generate_series(1, 1) n;
          commit;
          sent := sent + 1;
        end loop;
        perform pg_sleep(0.001);
      end loop;
    end $load$`);
  return total / ((performance.now() - startedMs) / 1_000);
}

export async function connect(connectionString: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
