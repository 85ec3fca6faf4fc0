import pg from "pg";

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

export interface OneConnection {
  url: string;
  /** Instead of the URL's database. */
  database?: string;
  applicationName: string;
  /** Shorter deadlines than the usual ones, for somebody who waits in front of a page. */
  connectTimeoutMs?: number;
  statementTimeoutMs?: number;
}

/**
 * Opens one connection for `work` and closes it, with five seconds to connect and thirty for each statement unless the
 * caller has less time. The client-side deadline is the later one: a dead network cannot report the server's.
 */
export async function withConnection<T>(
  {
    url,
    database,
    applicationName,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  }: OneConnection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: database === undefined ? url : withDatabase(url, database),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + connectTimeoutMs,
  });
  // Whatever breaks the connection also rejects the query that was waiting.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    const stream = client.connection.stream;
    const patience = setTimeout(() => stream.destroy(), connectTimeoutMs);
    await client.end().catch(() => undefined);
    clearTimeout(patience);
  }
}

/** The same server and credentials, another database. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}
