import { randomUUID } from "node:crypto";
import type { AuthorizeRequest, Extension, Grants } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { errorCodeOf, messageOf } from "../wal/postgres-error.ts";
import { quoteLiteral, type Session } from "../wal/session.ts";

const INSUFFICIENT_PRIVILEGE = "42501";
const QUERY_CANCELED = "57014";
/** "no partition of relation found for row" is a check violation. */
const CHECK_VIOLATION = "23514";

/**
 * Asks the row-level-security policies of `realtime.messages` what these claims may do on a topic (protocol 7.1, 7.2).
 * Nothing it writes survives; after an error the caller rolls back. No grant is a normal answer, not an error.
 */
export function authorize(session: Session, request: AuthorizeRequest): Promise<Grants> {
  return request.action === "read" ? mayRead(session, request) : mayWrite(session, request);
}

/**
 * The probes are written as the connection's own role: what a client may write is another question. Policies see them
 * as the defaults make them: `private` false, no payload, no event (protocol 7.1).
 */
async function mayRead(session: Session, request: AuthorizeRequest): Promise<Grants> {
  const probes = request.extensions.map((extension) => ({ extension, id: randomUUID() }));
  const visible = await session.rows(`
    begin;
    ${insertProbes(request.topic, probes)};
    ${assumeIdentity(request)};
    select id::text from realtime.messages where id in (${probes.map(({ id }) => quoteLiteral(id)).join(",")});
    rollback`);
  const readable = new Set(visible.map((row) => row.id));
  return Object.fromEntries(probes.map(({ extension, id }) => [extension, readable.has(id)]));
}

async function mayWrite(session: Session, request: AuthorizeRequest): Promise<Grants> {
  const grants: Grants = {};
  await session.rows(`begin; ${assumeIdentity(request)}`);
  for (const extension of request.extensions) {
    grants[extension] = await mayInsert(session, request.topic, extension);
  }
  await session.rows("rollback");
  return grants;
}

/** Without RETURNING, which would need the right to read as well. */
async function mayInsert(session: Session, topic: string, extension: Extension): Promise<boolean> {
  try {
    const probe = insertProbes(topic, [{ extension, id: randomUUID() }]);
    await session.rows(`savepoint probe; ${probe}; release savepoint probe`);
    return true;
  } catch (error) {
    if (errorCodeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    await session.rows("rollback to savepoint probe");
    return false;
  }
}

interface Probe {
  extension: Extension;
  id: string;
}

function insertProbes(topic: string, probes: readonly Probe[]): string {
  const utcNow = "(now() at time zone 'utc')";
  const rows = probes.map(({ extension, id }) => {
    const texts = [id, topic, extension].map(quoteLiteral).join(",");
    return `(${texts}, ${utcNow}, ${utcNow})`;
  });
  return `insert into realtime.messages (id, topic, extension, inserted_at, updated_at) values ${rows.join(",")}`;
}

/** In this order, in one statement, local to the transaction (protocol 7.1). */
function assumeIdentity({ claims, topic, headers }: AuthorizeRequest): string {
  const settings: [string, string][] = [
    ["role", String(claims.role ?? "")],
    ["realtime.topic", topic],
    ["request.jwt.claims", JSON.stringify(claims)],
    ["request.jwt.claim.sub", String(claims.sub ?? "")],
    ["request.jwt.claim.role", String(claims.role ?? "")],
    ["request.headers", JSON.stringify(headers)],
  ];
  const calls = settings.map(
    ([name, value]) => `set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
  );
  return `select ${calls.join(", ")}`;
}

/**
 * What an error of {@link authorize} means to the client (protocol 7.3): a policy that raises, or a role that the
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
