import type { AuthorizeRequest } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { errorCodeOf, messageOf } from "../wal/postgres-error.ts";

export { authorize } from "@tidewire/db/policy-probe";

const QUERY_CANCELED = "57014";
/** "no partition of relation found for row" is a check violation. */
const CHECK_VIOLATION = "23514";

/**
 * What an error of `authorize` means to the client (protocol 7.3): a policy that raises, or a role that the
 * database does not know, is a refusal like any other. Errors that say nothing about policies come back as they are.
 */
export function toAuthorizeRefusal(error: unknown, { topic, action }: AuthorizeRequest): unknown {
  const sqlState = errorCodeOf(error);
  if (error instanceof Refusal || sqlState === undefined || !saysSomething(sqlState)) return error;
  const details = { stage: "authorize", cause: error };
  if (sqlState === CHECK_VIOLATION) return new Refusal("MissingPartition", details);
  if (sqlState === QUERY_CANCELED)
    return new Refusal("QueryCanceled", { ...details, message: messageOf(error) });
  const verb = action === "read" ? "read from" : "write to";
  const message = `You do not have permissions to ${verb} this Channel topic: ${topic}`;
  return new Refusal("Unauthorized", { ...details, message });
}

/** A SQLSTATE of a statement, rather than of a session that ended or was never granted. */
const saysSomething = (code: string) =>
  /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) && !/^(08|53|57P)/.test(code);
