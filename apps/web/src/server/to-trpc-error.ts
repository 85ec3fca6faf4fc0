import { TRPCError } from "@trpc/server";
import { PROBLEMS, Problem } from "./problem.ts";

/**
 * The one place where errors become HTTP. Problems keep their sentence; whatever else went wrong is hidden behind one,
 * with the cause kept for the log.
 */
export function toTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError && error.cause !== undefined ? error.cause : error;
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
