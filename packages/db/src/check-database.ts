import type { ClientBase } from "pg";
import { withConnection } from "./connect-once.ts";
import { reasonOf } from "./reason.ts";

/** One thing a project's database must offer. */
export interface Check {
  name:
    | "reachable"
    | "version"
    | "wal_level"
    | "replication"
    | "slots"
    | "walsenders"
    | "create_objects"
    | "create_roles"
    | "set_roles";
  ok: boolean;
  /** What is there, or what is missing. */
  sentence: string;
  /** What somebody with the right to do so would run. Absent when SQL cannot help. */
  fixSql?: string;
}

const OLDEST_VERSION = 150_000;
const ROLES = ["anon", "authenticated", "service_role"] as const;

/**
 * Whether a project can live in the database behind `url`. Reads only; never throws. Unless the database can be reached
 * there is only that one check.
 */
export async function checkDatabase(url: string): Promise<Check[]> {
  if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url)) {
    const sentence =
      "This is not a connection string: it begins with postgresql:// and names a host and a database.";
    return [{ name: "reachable", ok: false, sentence }];
  }
  try {
    return await withConnection({ url, applicationName: "tidewire-check" }, async (client) =>
      judge(await readFacts(client)),
    );
  } catch (error) {
    return [{ name: "reachable", ok: false, sentence: `The database cannot be used: ${reasonOf(error)}.` }];
  }
}

/** What the checks are made from. */
export interface DatabaseFacts {
  user: string;
  database: string;
  version: number;
  versionText: string;
  walLevel: string;
  superuser: boolean;
  replication: boolean;
  createRole: boolean;
  bypassRls: boolean;
  createInDatabase: boolean;
  /** Null without a realtime schema. */
  createInRealtime: boolean | null;
  slotsMax: number;
  slotsUsed: number;
  sendersMax: number;
  sendersUsed: number;
  roles: readonly { name: string; exists: boolean; settable: boolean }[];
}

/** The rule behind {@link checkDatabase}, without the database. */
export function judge(facts: DatabaseFacts): Check[] {
  return [
    { name: "reachable", ok: true, sentence: `Connected to ${facts.database} as ${facts.user}.` },
    checkVersion(facts),
    checkWalLevel(facts),
    checkReplication(facts),
    checkFree("slots", "replication slots", "max_replication_slots", facts.slotsMax, facts.slotsUsed),
    checkFree("walsenders", "WAL senders", "max_wal_senders", facts.sendersMax, facts.sendersUsed),
    checkCreate(facts),
    checkCreateRoles(facts),
    checkSetRoles(facts),
  ];
}

function checkVersion({ version, versionText }: DatabaseFacts): Check {
  const name = "version";
  if (version >= OLDEST_VERSION) return { name, ok: true, sentence: `Postgres ${versionText}.` };
  return { name, ok: false, sentence: `This is Postgres ${versionText}; 15 or later is needed.` };
}

function checkWalLevel({ walLevel }: DatabaseFacts): Check {
  const name = "wal_level";
  if (walLevel === "logical") return { name, ok: true, sentence: "wal_level is logical." };
  return {
    name,
    ok: false,
    sentence: `wal_level is ${walLevel}; it must be logical, which takes a restart of the server.`,
    fixSql: "alter system set wal_level = 'logical'; -- then restart the server",
  };
}

function checkReplication({ user, superuser, replication }: DatabaseFacts): Check {
  const name = "replication";
  if (superuser || replication) return { name, ok: true, sentence: `${user} may stream changes.` };
  return {
    name,
    ok: false,
    sentence: `${user} may not stream changes: it lacks the REPLICATION attribute.`,
    fixSql: `alter role ${quote(user)} with replication;`,
  };
}

function checkFree(
  name: "slots" | "walsenders",
  what: string,
  setting: string,
  max: number,
  used: number,
): Check {
  if (max - used >= 1) return { name, ok: true, sentence: `${max - used} of ${max} ${what} are free.` };
  return {
    name,
    ok: false,
    sentence: `All ${max} ${what} are in use; one more is needed, which takes a restart of the server.`,
    fixSql: `alter system set ${setting} = ${max + 10}; -- then restart the server`,
  };
}

function checkCreate({ user, database, createInDatabase, createInRealtime }: DatabaseFacts): Check {
  const name = "create_objects";
  if (createInDatabase && createInRealtime !== false) {
    return { name, ok: true, sentence: `${user} may create schemas and publications.` };
  }
  if (!createInDatabase) {
    return {
      name,
      ok: false,
      sentence: `${user} may not create schemas and publications in ${database}.`,
      fixSql: `grant create on database ${quote(database)} to ${quote(user)};`,
    };
  }
  return {
    name,
    ok: false,
    sentence: `There is a schema realtime in which ${user} may not create anything.`,
    fixSql: `grant create, usage on schema realtime to ${quote(user)};`,
  };
}

function checkCreateRoles({ user, superuser, createRole, bypassRls, version, roles }: DatabaseFacts): Check {
  const name = "create_roles";
  const missing = roles.filter((role) => !role.exists).map((role) => role.name);
  if (missing.length === 0) return { name, ok: true, sentence: "All needed roles exist." };
  const mayBypass = superuser || (version >= 160_000 && bypassRls) || !missing.includes("service_role");
  if (superuser || (createRole && mayBypass))
    return { name, ok: true, sentence: `${user} may create roles.` };
  return {
    name,
    ok: false,
    sentence: `The roles ${missing.join(", ")} are missing and ${user} may not create them.`,
    fixSql: missing
      .map((role) => `create role ${role} nologin noinherit${role === "service_role" ? " bypassrls" : ""};`)
      .concat(`grant ${missing.join(", ")} to ${quote(user)};`)
      .join("\n"),
  };
}

function checkSetRoles({ user, superuser, roles }: DatabaseFacts): Check {
  const name = "set_roles";
  const closed = roles.filter((role) => role.exists && !role.settable).map((role) => role.name);
  if (superuser || closed.length === 0) {
    return { name, ok: true, sentence: `${user} may act as ${ROLES.join(", ")}.` };
  }
  return {
    name,
    ok: false,
    sentence: `${user} may not act as ${closed.join(", ")}.`,
    fixSql: `grant ${closed.join(", ")} to ${quote(user)};`,
  };
}

async function readFacts(client: ClientBase): Promise<DatabaseFacts> {
  const { rows } = await client.query<Omit<DatabaseFacts, "roles">>(`
    select current_user::text as "user", current_database()::text as database,
           current_setting('server_version_num')::int as version,
           current_setting('server_version') as "versionText",
           current_setting('wal_level') as "walLevel",
           r.rolsuper as superuser,
           r.rolreplication or exists (
             select from pg_roles cloud where cloud.rolname = 'rds_replication' and pg_has_role(current_user, cloud.oid, 'member')
           ) as replication, r.rolcreaterole as "createRole",
           r.rolbypassrls as "bypassRls",
           has_database_privilege(current_database(), 'create') as "createInDatabase",
           (select has_schema_privilege(oid, 'create') from pg_namespace where nspname = 'realtime') as "createInRealtime",
           current_setting('max_replication_slots')::int as "slotsMax",
           (select count(*)::int from pg_replication_slots) as "slotsUsed",
           current_setting('max_wal_senders')::int as "sendersMax",
           (select count(*)::int from pg_stat_activity where backend_type = 'walsender') as "sendersUsed"
      from pg_roles r where r.rolname = current_user`);
  const [facts] = rows;
  if (!facts) throw new Error("the server does not know its own user");
  // Up to 15 a member could always become the role; since 16 a membership may come without SET.
  const right = facts.version >= 160_000 ? "set" : "member";
  const roles = await client.query<DatabaseFacts["roles"][number]>(
    `select wanted.name, oid is not null as exists, coalesce(pg_has_role(current_user, oid, $2), false) as settable
       from unnest($1::text[]) as wanted (name) left join pg_roles on rolname = wanted.name`,
    [[...ROLES, "supabase_realtime_admin"], right],
  );
  return { ...facts, roles: roles.rows };
}

function quote(identifier: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(identifier) ? identifier : `"${identifier.replaceAll('"', '""')}"`;
}
