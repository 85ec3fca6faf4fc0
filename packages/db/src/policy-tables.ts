import type { ClientBase } from "pg";

export type PolicyCommand = "all" | "select" | "insert" | "update" | "delete";

/** One row-level-security policy; expressions as Postgres writes them, with every name qualified. */
export interface TablePolicy {
  name: string;
  command: PolicyCommand;
  permissive: boolean;
  /** `public` stands for everybody. */
  roles: string[];
  using: string | null;
  check: string | null;
}

export interface PolicyTable {
  schema: string;
  table: string;
  rowSecurity: boolean;
  /** The owner obeys the policies too. */
  forced: boolean;
  /** The connection's user may change its policies. */
  owned: boolean;
  columns: { name: string; type: string }[];
  policies: TablePolicy[];
}

/** Beyond this a list is no longer read by anybody; a publication of all tables may hold thousands. */
export const POLICY_TABLES_MAX = 200;

/**
 * `realtime.messages` first, if it is there, then every table of the publication `supabase_realtime` by name: at most
 * {@link POLICY_TABLES_MAX} and one more, which says that there are others. The connection is left as it was.
 */
export async function readPolicyTables(client: ClientBase): Promise<PolicyTable[]> {
  await client.query("begin read only");
  try {
    // With nothing on the path Postgres qualifies every name that it writes.
    await client.query("set local search_path = ''");
    const { rows } = await client.query<PolicyTable>(TABLES);
    return rows;
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

const COMMAND = `case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
  when 'd' then 'delete' else 'all' end`;

const TABLES = `
  with wanted (oid, place) as (
    select to_regclass('realtime.messages')::oid, 0 where to_regclass('realtime.messages') is not null
    union all
    select format('%I.%I', schemaname, tablename)::regclass::oid, 1
      from pg_publication_tables
     where pubname = 'supabase_realtime'
       and format('%I.%I', schemaname, tablename)::regclass is distinct from to_regclass('realtime.messages')
  )
  select n.nspname::text as schema, c.relname::text as "table",
         c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as forced,
         pg_has_role(c.relowner, 'usage') as owned,
         (select coalesce(json_agg(json_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum), '[]')
            from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         (select coalesce(json_agg(json_build_object(
                   'name', p.polname,
                   'command', ${COMMAND},
                   'permissive', p.polpermissive,
                   'roles', case when p.polroles = '{0}' then '["public"]'
                                 else (select json_agg(r.rolname order by r.rolname)
                                         from pg_roles r where r.oid = any (p.polroles)) end,
                   'using', pg_get_expr(p.polqual, p.polrelid, true),
                   'check', pg_get_expr(p.polwithcheck, p.polrelid, true)) order by p.polname), '[]')
            from pg_policy p where p.polrelid = c.oid) as policies
    from wanted
    join pg_class c on c.oid = wanted.oid
    join pg_namespace n on n.oid = c.relnamespace
   order by wanted.place, n.nspname, c.relname
   limit ${POLICY_TABLES_MAX + 1}`;
