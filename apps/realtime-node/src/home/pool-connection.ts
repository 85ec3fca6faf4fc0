import pg from "pg";
import type { Clock, Timer } from "../clock.ts";
import { DeadlineExceeded, within } from "../deadline.ts";
import { isConnectionLost } from "../wal/postgres-error.ts";
import { type Session, sessionOf, TEXT_FORMAT, TEXT_VALUES } from "../wal/session.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Postgres' own bound: a statement whose asker has gone must not hold a connection of so small a budget. */
const STATEMENT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** Beyond its asker's patience: by then Postgres has cancelled whatever it was asked, unless it cannot be reached. */
const OVERTIME_MS = STATEMENT_TIMEOUT_MS + 1_000;

interface Target {
  databaseUrl: string;
  name: string;
  clock: Clock;
}

/** One session of the pool. Unusable once it broke or was cut off. */
export interface PoolConnection {
  readonly usable: boolean;
  idleTimer: Timer | undefined;
  /**
   * Rolls back whatever a failed `work` left open. Work that takes longer than its asker waits is let finish: a
   * session that was cut off would live on in Postgres, beside the one that takes its place.
   *
   * @throws DeadlineExceeded when Postgres does not answer long after `deadlineMs`
   */
  run<T>(work: (session: Session) => Promise<T>, deadlineMs: number): Promise<T>;
  /** Bounded to a second. */
  close(): Promise<void>;
}

/** @param onGone called once when Postgres has ended the session, or has had its time to do so */
export async function openConnection(
  { databaseUrl, name, clock }: Target,
  onGone: (connection: PoolConnection) => void,
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
        const timeoutMs = deadlineMs + OVERTIME_MS;
        return await within("a database query", work(session), { timeoutMs, clock });
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
      connection.idleTimer?.stop();
      await within("closing", client.end(), { timeoutMs: CLOSE_TIMEOUT_MS, clock }).catch(() => undefined);
      onGone(connection);
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
