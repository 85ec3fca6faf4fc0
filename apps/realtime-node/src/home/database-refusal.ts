import { type ErrorCode, Refusal } from "@tidewire/protocol/errors";
import { BusUnavailable } from "../bus/bus.ts";
import { DeadlineExceeded } from "../deadline.ts";
import { errorCodeOf, isConnectionLost } from "../wal/postgres-error.ts";

interface Details {
  stage: string;
  elapsedMs: number;
  retryAfterMs?: number;
}

/** SQLSTATEs of a session that Postgres does not grant for want of room. */
const NO_ROOM: ReadonlySet<string> = new Set(["53300", "53400"]);
const QUERY_CANCELED = "57014";

/** A session that could not be made or was lost, or a statement that took too long (protocol 7.3). */
export function toDatabaseRefusal(error: unknown, details: Details): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(codeOf(error), { ...details, elapsedMs: Math.round(details.elapsedMs), cause: error });
}

function codeOf(error: unknown): ErrorCode {
  const sqlState = errorCodeOf(error);
  if (sqlState !== undefined && NO_ROOM.has(sqlState)) return "DatabaseLackOfConnections";
  if (sqlState === QUERY_CANCELED || error instanceof DeadlineExceeded) return "QueryCanceled";
  return "UnableToConnectToProject";
}

/** True when asking again later may help, because the database or the bus was away and not because it said no. */
export function isAway(error: unknown): boolean {
  if (error instanceof BusUnavailable) return true;
  if (error instanceof Refusal)
    return error.code !== "QueryCanceled" && error.outcome.retry === "with-backoff";
  return isConnectionLost(error);
}
