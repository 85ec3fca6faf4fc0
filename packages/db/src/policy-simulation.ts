import { randomUUID } from "node:crypto";
import { type AuthorizeRequest, Extension, type Grants } from "@tidewire/protocol/cluster/home";
import type { ClientBase } from "pg";
import {
  assumeIdentity,
  authorize,
  type Identity,
  insertProbes,
  type Probe,
  type ProbeSession,
} from "./policy-probe.ts";

const ACTIONS = ["read", "write"] as const;
export type PolicyAction = (typeof ACTIONS)[number];

/** What one policy alone says of one question. */
export interface PolicyVote {
  action: PolicyAction;
  extension: Extension;
  policy: string;
  permissive: boolean;
  /** False: it is for other roles, and nobody asks it. */
  applies: boolean;
  /** Null when it does not apply. */
  vote: "yes" | "no" | "error" | null;
  /** What Postgres said, for an error. */
  error: string | null;
}

/** The database's answer to a question, or why it gave none: to a client both a raise and a no are a refusal. */
export type ProbeAnswer =
  | { ok: true; grants: Grants }
  | { ok: false; sqlState: string | null; message: string };

export interface SimulatedRole {
  name: string;
  exists: boolean;
  /** `bypassrls`, or a superuser. */
  bypasses: boolean;
  /** May use the table at all, before any policy is asked. */
  mayRead: boolean;
  mayWrite: boolean;
}

export interface Simulation {
  role: SimulatedRole;
  rowSecurity: boolean;
  read: ProbeAnswer;
  write: ProbeAnswer;
  votes: PolicyVote[];
}

const EXTENSIONS = Extension.options;
const MISSING_PARTITION = "23514";

/**
 * What the policies of `realtime.messages` would let these claims do on a topic: asked as a node asks at a join, then of
 * each policy on its own. Nothing stays but the partitions of today, which a node would make as well.
 *
 * @throws when the database cannot be asked; what a policy raises is an answer
 */
export async function simulatePolicies(client: ClientBase, identity: Identity): Promise<Simulation> {
  const session = sessionOf(client);
  const role = await readRole(client, String(identity.claims.role ?? ""));
  const [read, write] = [
    await ask(client, session, "read", identity),
    await ask(client, session, "write", identity),
  ];
  const policies = await readPolicies(client, role.name);
  const votes = role.exists ? await collectVotes(client, identity, policies) : abstain(policies);
  const { rows } = await client.query<{ on: boolean }>(
    `select relrowsecurity as "on" from pg_class where oid = 'realtime.messages'::regclass`,
  );
  return { role, rowSecurity: rows[0]?.on ?? false, read, write, votes };
}

interface OnePolicy {
  name: string;
  action: PolicyAction;
  permissive: boolean;
  applies: boolean;
  expression: string | null;
}

async function readRole(client: ClientBase, name: string): Promise<SimulatedRole> {
  const { rows } = await client.query<Omit<SimulatedRole, "name" | "exists">>(
    `select rolbypassrls or rolsuper as bypasses,
            has_table_privilege(oid, 'realtime.messages', 'select') as "mayRead",
            has_table_privilege(oid, 'realtime.messages', 'insert') as "mayWrite"
       from pg_roles where rolname = $1`,
    [name],
  );
  const [known] = rows;
  if (known === undefined) return { name, exists: false, bypasses: false, mayRead: false, mayWrite: false };
  return { name, exists: true, ...known };
}

async function ask(
  client: ClientBase,
  session: ProbeSession,
  action: PolicyAction,
  identity: Identity,
  isSecond = false,
): Promise<ProbeAnswer> {
  const request: AuthorizeRequest = {
    kind: "authorize",
    action,
    ...identity,
    extensions: [...EXTENSIONS] as never,
  };
  try {
    return { ok: true, grants: await authorize(session, request) };
  } catch (error) {
    await client.query("rollback");
    const sqlState = sqlStateOf(error);
    if (sqlState === MISSING_PARTITION && !isSecond) {
      await client.query("select realtime.ensure_partitions()");
      return ask(client, session, action, identity, true);
    }
    if (sqlState === null) throw error;
    return { ok: false, sqlState, message: messageOf(error) };
  }
}

/** Those that Postgres asks: `select` and `all` before reading, `insert` and `all` before writing. */
async function readPolicies(client: ClientBase, role: string): Promise<OnePolicy[]> {
  await client.query("begin read only; set local search_path = ''");
  try {
    const { rows } = await client.query<OnePolicy>(
      `select p.polname::text as name, a.action, p.polpermissive as permissive,
              exists (
                select from unnest(p.polroles) as granted (oid)
                 where granted.oid = 0 or exists (
                   select from pg_roles r where r.rolname = $1 and pg_has_role(r.oid, granted.oid, 'usage'))
              ) as applies,
              case a.action when 'read' then pg_get_expr(p.polqual, p.polrelid)
                   else coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid))
              end as expression
         from pg_policy p
         join (values ('read', 'r'), ('write', 'a')) as a (action, command) on p.polcmd::text in ('*', a.command)
        where p.polrelid = 'realtime.messages'::regclass
        order by p.polname`,
      [role],
    );
    return rows;
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

/**
 * Each policy's expression over the very row that the probe writes, as the role that asks. The row is handed over as a
 * value: as a row of the table the policies would hide it.
 */
async function collectVotes(
  client: ClientBase,
  identity: Identity,
  policies: readonly OnePolicy[],
): Promise<PolicyVote[]> {
  const votes: PolicyVote[] = [];
  try {
    await client.query("begin");
    const probes = EXTENSIONS.map((extension): Probe => ({ extension, id: randomUUID() }));
    const { rows } = await client.query<{ extension: Extension; row: string }>(
      `${insertProbes(identity.topic, probes)} returning extension, to_jsonb(messages)::text as row`,
    );
    await client.query(assumeIdentity(identity));
    for (const policy of policies) {
      for (const { extension, row } of rows) votes.push(await vote(client, policy, extension, row));
    }
  } catch (error) {
    // The probe itself could not be made or the role not be taken: the answers of the probe say so.
    if (sqlStateOf(error) === null) throw error;
    return abstain(policies);
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
  return votes;
}

async function vote(
  client: ClientBase,
  policy: OnePolicy,
  extension: Extension,
  row: string,
): Promise<PolicyVote> {
  const abstained = toAbstention(policy, extension);
  if (!policy.applies) return abstained;
  // Without an expression a policy grants nothing, and forbids nothing.
  if (policy.expression === null) return { ...abstained, vote: policy.permissive ? "no" : "yes" };
  await client.query("savepoint vote");
  try {
    const { rows } = await client.query<{ yes: boolean | null }>(
      `select (${policy.expression})::boolean as yes
         from jsonb_populate_record(null::realtime.messages, $1::jsonb) as messages`,
      [row],
    );
    return { ...abstained, vote: rows[0]?.yes === true ? "yes" : "no" };
  } catch (error) {
    if (sqlStateOf(error) === null) throw error;
    return { ...abstained, vote: "error", error: messageOf(error) };
  } finally {
    await client.query("rollback to savepoint vote");
  }
}

function abstain(policies: readonly OnePolicy[]): PolicyVote[] {
  return policies.flatMap((policy) => EXTENSIONS.map((extension) => toAbstention(policy, extension)));
}

function toAbstention({ action, name, permissive, applies }: OnePolicy, extension: Extension): PolicyVote {
  return { action, extension, policy: name, permissive, applies, vote: null, error: null };
}

function sessionOf(client: ClientBase): ProbeSession {
  return {
    async rows(sql) {
      const result = await client.query({ text: sql, types: { getTypeParser: () => String } });
      const results = Array.isArray(result) ? result : [result];
      return results.findLast((each) => each.fields.length > 0)?.rows ?? [];
    },
  };
}

function sqlStateOf(error: unknown): string | null {
  const code: unknown = error instanceof Object ? Reflect.get(error, "code") : null;
  return typeof code === "string" &&
    /^[0-9A-Z]{5}$/.test(code) &&
    /\d/.test(code) &&
    !/^(08|53|57P)/.test(code)
    ? code
    : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
