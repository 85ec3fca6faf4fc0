import { Extension } from "@tidewire/protocol/cluster/home";
import type { ClientBase } from "pg";
import type { TablePolicy } from "./policy-tables.ts";
import { askRules, type Rule, type VotesByExtension } from "./policy-votes.ts";

/** Somebody who was seen at a private topic, as far as nodes keep it. */
export interface Subject {
  role: string;
  sub: string | null;
  topic: string;
}

export interface Effect extends Subject {
  /** `read broadcast`, `write presence`, ... */
  gains: string[];
  losses: string[];
}

export interface DryRun {
  /** Subjects that were asked about, in the order given. */
  asked: number;
  /** Only those for whom something changes. */
  effects: Effect[];
}

const ACTIONS = ["read", "write"] as const;
type Action = (typeof ACTIONS)[number];

interface NamedRule extends Rule {
  action: Action;
  roles: readonly string[];
}

/**
 * What other policies on `realtime.messages` would change for these people, without making them: the policies' votes are
 * combined as Postgres combines them. Stops at the deadline, and says how far it came.
 */
export async function dryRunPolicies(
  client: ClientBase,
  change: { before: readonly TablePolicy[]; after: readonly TablePolicy[] },
  subjects: readonly Subject[],
  { deadlineMs }: { deadlineMs: number },
): Promise<DryRun> {
  const before = change.before.flatMap(toRules);
  const after = change.after.flatMap(toRules);
  const memberships = await readMemberships(client, [...before, ...after], subjects);
  const endMs = performance.now() + deadlineMs;
  const effects: Effect[] = [];
  let asked = 0;
  for (const subject of subjects) {
    if (performance.now() > endMs) break;
    const mine = (rule: NamedRule) =>
      rule.roles.some((role) => role === "public" || memberships.has(`${subject.role} ${role}`));
    const [was, willBe] = [before.filter(mine), after.filter(mine)];
    const { role, sub, topic } = subject;
    const claims = sub === null ? { role } : { role, sub };
    const votes = await askRules(client, { topic, claims, headers: {} }, [...was, ...willBe]);
    asked++;
    if (votes === null) continue;
    const had = grantsOf(was, votes.slice(0, was.length));
    const has = grantsOf(willBe, votes.slice(was.length));
    const gains = has.filter((grant) => !had.includes(grant));
    const losses = had.filter((grant) => !has.includes(grant));
    if (gains.length > 0 || losses.length > 0) effects.push({ ...subject, gains, losses });
  }
  return { asked, effects };
}

/** `select` and `all` are asked before reading, `insert` and `all` before writing. */
function toRules({ command, permissive, roles, using, check }: TablePolicy): NamedRule[] {
  const everybody = roles.length === 0 ? ["public"] : roles;
  const rules: NamedRule[] = [];
  if (command === "select" || command === "all")
    rules.push({ action: "read", permissive, roles: everybody, expression: using });
  if (command === "insert" || command === "all")
    rules.push({ action: "write", permissive, roles: everybody, expression: check ?? using });
  return rules;
}

/** One yes of a permissive policy is needed, and that of every restrictive one; whatever raises is a no. */
function grantsOf(rules: readonly NamedRule[], votes: readonly VotesByExtension[]): string[] {
  return ACTIONS.flatMap((action) =>
    Extension.options
      .filter((extension) => {
        const asked = rules.flatMap(({ action: of, permissive }, index) =>
          of === action ? [{ permissive, said: votes[index]?.[extension].said }] : [],
        );
        return (
          asked.some(({ permissive, said }) => permissive && said === "yes") &&
          asked.every(({ permissive, said }) => said === "yes" || (permissive && said === "no"))
        );
      })
      .map((extension) => `${action} ${extension}`),
  );
}

/** Pairs `<role> <role it has the rights of>`, of the roles at hand; one that does not exist has none. */
async function readMemberships(
  client: ClientBase,
  rules: readonly NamedRule[],
  subjects: readonly Subject[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ pair: string }>(
    `select member.rolname || ' ' || granted.rolname as pair
       from pg_roles member join pg_roles granted on pg_has_role(member.oid, granted.oid, 'usage')
      where member.rolname = any ($1) and granted.rolname = any ($2)`,
    [subjects.map(({ role }) => role), rules.flatMap(({ roles }) => roles)],
  );
  return new Set(rows.map(({ pair }) => pair));
}
