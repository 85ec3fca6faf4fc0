import pg from "pg";
import type { Clock, Timer } from "../clock.ts";
import { DeadlineExceeded, within } from "../deadline.ts";
import { isConnectionLost } from "../wal/postgres-error.ts";
import { type Session, sessionOf, TEXT_FORMAT, TEXT_VALUES } from "../wal/session.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Postgres' own bound: a statement whose asker has gone must not hold a connection of so small a budget. */
const STATEMENT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

interface Target {
  databaseUrl: string;
  name: string;
  clock: Clock;
}

/** One session of the pool. Unusable once it broke or a deadline cut it off. */
export interface PoolConnection {
  readonly usable: boolean;
  idleTimer: Timer | undefined;
  /** Rolls back whatever a failed `work` left open. @throws DeadlineExceeded */
  run<T>(work: (session: Session) => Promise<T>, deadlineMs: number): Promise<T>;
  /** Bounded to a second. */
  close(): Promise<void>;
}

/** @param onLost called once when the session is over, whoever ended it */
export async function openConnection(
  { databaseUrl, name, clock }: Target,
  onLost: (connection: PoolConnection) => void,
): Promise<PoolConnection> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    types: TEXT_VALUES,
  });
  let usable = true;
  const session = sessionOf(client);
  const connection: PoolConnection = {
    get usable() {
      return usable;
    },
    idleTimer: undefined,
    async run(work, deadlineMs) {
      try {
        return await within("a database query", work(session), { timeoutMs: deadlineMs, clock });
      } catch (error) {
        const undone = within("a rollback", session.rows("rollback"), { timeoutMs: CLOSE_TIMEOUT_MS, clock });
        if (error instanceof DeadlineExceeded || isConnectionLost(error)) void this.close();
        await undone.catch(() => this.close());
        throw error;
      }
    },
    async close() {
      if (!usable) return;
      usable = false;
      onLost(connection);
      await within("closing", client.end(), { timeoutMs: CLOSE_TIMEOUT_MS, clock }).catch(() => undefined);
    },
  };
  client.on("error", () => void connection.close());
  client.on("end", () => void connection.close());
  try {
    await client.connect();
    await session.rows(TEXT_FORMAT);
  } catch (error) {
    usable = false;
    await within("closing", client.end(), { timeoutMs: CLOSE_TIMEOUT_MS, clock }).catch(() => undefined);
    throw error;
  }
  return connection;
}
