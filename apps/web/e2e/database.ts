import pg from "pg";

/** A table of messages, published and readable by everybody: what an app's first migration looks like. */
export const MESSAGES_TABLE = `
  create table public.messages (
    id bigint generated always as identity primary key,
    room text not null default 'lobby',
    body text not null
  );
  alter table public.messages enable row level security;
  create policy "everybody reads" on public.messages for select using (true);
  alter publication supabase_realtime add table public.messages;
`;

export interface Database extends AsyncDisposable {
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/** One connection to a project's database; the caller must dispose it. */
export async function openDatabase(url: string): Promise<Database> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  await client.connect();
  return {
    query: (sql, values) => client.query(sql, values),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
