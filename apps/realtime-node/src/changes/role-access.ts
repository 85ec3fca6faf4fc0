import { quoteLiteral, type Session } from "../wal/session.ts";
import type { Table } from "./catalog.ts";

/** What one role may see of one table, policies aside. */
export interface RoleAccess {
  readonly role: string;
  /** Row-level security decides for this role: it is neither the owner nor allowed to pass it by. */
  readonly isSubjectToPolicies: boolean;
  /** Columns with the SELECT privilege. */
  readonly readable: ReadonlySet<string>;
}

/** Undefined when the database has no such role. */
export async function readRoleAccess(
  session: Session,
  table: Table,
  role: string,
): Promise<RoleAccess | undefined> {
  const [row] = await session.rows(`
    select
      c.relrowsecurity and not r.rolsuper and not r.rolbypassrls
        and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'usage')) as is_subject,
      (select json_agg(a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and has_column_privilege(r.oid, c.oid, a.attnum, 'select')) as readable
    from pg_roles r left join pg_class c on c.oid = ${Number(table.oid)}
    where r.rolname = ${quoteLiteral(role)}`);
  if (row === undefined) return undefined;
  return {
    role,
    isSubjectToPolicies: row.is_subject === "t",
    readable: new Set<string>(JSON.parse(row.readable ?? "[]") ?? []),
  };
}
