import { type AuthorizeRequest, Extension, type Grants } from "@tidewire/protocol/cluster/home";
import type { ClientBase } from "pg";
import { authorize, type Identity, type ProbeSession } from "./policy-probe.ts";
import { askRules, sqlStateOf } from "./policy-votes.ts";

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
  const votes = await collectVotes(client, identity, policies);
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

/** Of those that apply; the others are listed without one. */
async function collectVotes(
  client: ClientBase,
  identity: Identity,
  policies: readonly OnePolicy[],
): Promise<PolicyVote[]> {
  const asked = policies.filter(({ applies }) => applies);
  const votes = await askRules(client, identity, asked);
  return policies.flatMap((policy) =>
    EXTENSIONS.map((extension): PolicyVote => {
      const vote = votes?.[asked.indexOf(policy)]?.[extension];
      return {
        action: policy.action,
        extension,
        policy: policy.name,
        permissive: policy.permissive,
        applies: policy.applies,
        vote: vote?.said ?? null,
        error: vote?.said === "error" ? vote.message : null,
      };
    }),
  );
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
