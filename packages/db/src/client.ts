import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/prisma/client.ts";

/** The control database as the dashboard's server sees it; also what better-auth's Prisma adapter takes. */
export type Db = PrismaClient;

/** The part of {@link Db} that exists inside a transaction too. */
export type DbTransaction = Omit<Db, "$connect" | "$disconnect" | "$on" | "$transaction" | "$extends">;

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 10;

export interface DbOptions {
  /** Owner's URL of a migrated control database. */
  url: string;
  connectionsMax?: number;
}

/**
 * Connects at the first question. The caller must `$disconnect()` it. Every statement has a deadline of ten seconds;
 * failures are Prisma's, see `translateErrors`.
 */
export function createDb({ url, connectionsMax = CONNECTIONS_MAX }: DbOptions): Db {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      application_name: "tidewire-web",
      max: connectionsMax,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      statement_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    },
    // An idle connection that breaks is replaced by the pool; the next query reports what matters.
    { onPoolError: () => undefined, onConnectionError: () => undefined },
  );
  return new PrismaClient({
    adapter,
    transactionOptions: { maxWait: CONNECT_TIMEOUT_MS, timeout: QUERY_TIMEOUT_MS },
  });
}
