import { randomUUID } from "node:crypto";
import type { AuthorizeRequest, Extension, Grants } from "@tidewire/protocol/cluster/home";
import pg from "pg";

const INSUFFICIENT_PRIVILEGE = "42501";

/** One database session, asked with plain SQL; every value as text. */
export interface ProbeSession {
  /** Rows of the last statement of `sql` that returns any. */
  rows(sql: string): Promise<readonly Readonly<Record<string, string | null>>[]>;
}

/** Who asks, on which topic. */
export type Identity = Pick<AuthorizeRequest, "claims" | "topic" | "headers">;

/** What is written to find out; nothing of it stays. */
export interface Probe {
  extension: Extension;
  id: string;
}

/**
 * Asks the row-level-security policies of `realtime.messages` what these claims may do on a topic (protocol 7.1, 7.2).
 * Nodes decide joins by it and the dashboard's simulator explains them by it, so that both mean the same. Nothing it
 * writes survives; after an error the caller rolls back. No grant is a normal answer, not an error.
 */
export function authorize(session: ProbeSession, request: AuthorizeRequest): Promise<Grants> {
  return request.action === "read" ? mayRead(session, request) : mayWrite(session, request);
}

/**
 * The probes are written as the connection's own role: what a client may write is another question. Policies see them
 * as the defaults make them: `private` false, no payload, no event (protocol 7.1).
 */
async function mayRead(session: ProbeSession, request: AuthorizeRequest): Promise<Grants> {
  const probes = request.extensions.map((extension) => ({ extension, id: randomUUID() }));
  const visible = await session.rows(`
    begin;
    ${insertProbes(request.topic, probes)};
    ${assumeIdentity(request)};
    select id::text from realtime.messages where id in (${probes.map(({ id }) => pg.escapeLiteral(id)).join(",")});
    rollback`);
  const readable = new Set(visible.map((row) => row.id));
  return Object.fromEntries(probes.map(({ extension, id }) => [extension, readable.has(id)]));
}

async function mayWrite(session: ProbeSession, request: AuthorizeRequest): Promise<Grants> {
  const grants: Grants = {};
  await session.rows(`begin; ${assumeIdentity(request)}`);
  for (const extension of request.extensions) {
    grants[extension] = await mayInsert(session, request.topic, extension);
  }
  await session.rows("rollback");
  return grants;
}

/** Without RETURNING, which would need the right to read as well. */
async function mayInsert(session: ProbeSession, topic: string, extension: Extension): Promise<boolean> {
  try {
    const probe = insertProbes(topic, [{ extension, id: randomUUID() }]);
    await session.rows(`savepoint probe; ${probe}; release savepoint probe`);
    return true;
  } catch (error) {
    if (sqlStateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    await session.rows("rollback to savepoint probe");
    return false;
  }
}

export function insertProbes(topic: string, probes: readonly Probe[]): string {
  return insertRows(
    probes.map(({ extension, id }) => [id, topic, extension].map((text) => pg.escapeLiteral(text))),
  );
}

/** @param rows id, topic and extension of each, as SQL */
export function insertRows(rows: readonly (readonly string[])[]): string {
  const utcNow = "(now() at time zone 'utc')";
  const values = rows.map((texts) => `(${texts.join(",")}, ${utcNow}, ${utcNow})`);
  return `insert into realtime.messages (id, topic, extension, inserted_at, updated_at) values ${values.join(",")}`;
}

/** In this order, in one statement, local to the transaction (protocol 7.1). */
export function assumeIdentity(identity: Identity): string {
  return setIdentity(identityValues(identity).map((value) => pg.escapeLiteral(value)));
}

const SETTINGS = [
  "role",
  "realtime.topic",
  "request.jwt.claims",
  "request.jwt.claim.sub",
  "request.jwt.claim.role",
  "request.headers",
] as const;

/** @param values of the settings in their order, as SQL */
export function setIdentity(values: readonly string[]): string {
  const calls = SETTINGS.map((name, index) => `set_config('${name}', ${values[index]}, true)`);
  return `select ${calls.join(", ")}`;
}

/** Of the settings, in their order. */
export function identityValues({ claims, topic, headers }: Identity): string[] {
  const role = String(claims.role ?? "");
  return [role, topic, JSON.stringify(claims), String(claims.sub ?? ""), role, JSON.stringify(headers)];
}

function sqlStateOf(error: unknown): unknown {
  return error instanceof Object ? Reflect.get(error, "code") : undefined;
}
