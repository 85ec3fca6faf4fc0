import { DbError, toDbError } from "@tidewire/db/errors";
import { TRPCError } from "@trpc/server";
import { PROBLEMS, Problem } from "./problem.ts";

/**
 * The one place where errors become HTTP. Problems keep their sentence; whatever else went wrong is hidden behind one,
 * with the cause kept for the log.
 */
export function toTrpcError(error: unknown): TRPCError {
  const cause = toProblem(error instanceof TRPCError && error.cause !== undefined ? error.cause : error);
  if (cause instanceof Problem) {
    return new TRPCError({ code: PROBLEMS[cause.code].status, message: cause.message, cause });
  }
  if (error instanceof TRPCError && error.code !== "INTERNAL_SERVER_ERROR") return error;
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: "Something broke on the server. Its log has the details.",
    cause,
  });
}

/** Rows that are missing or in the way are looked for by the services; here remains the database that is not there. */
function toProblem(error: unknown): unknown {
  // What caused it may look like a database that is away: a node that is away does.
  if (error instanceof Problem) return error;
  const known = toDbError(error);
  if (!(known instanceof DbError)) return error;
  return known.kind === "unavailable" ? new Problem("ControlDatabaseDown", { cause: error }) : known;
}
