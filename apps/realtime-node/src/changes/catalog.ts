import { quoteLiteral, type Session, type TextRow } from "../wal/session.ts";

/** Tables of this publication are what clients may subscribe to (protocol 6.6). */
export const CHANGES_PUBLICATION = "supabase_realtime";

export interface TableColumn {
  readonly name: string;
  readonly attnum: number;
  readonly typeOid: number;
  /** `pg_type.typname` of the column's type, or of what its domain is made of. */
  readonly baseType: string;
  /** One letter: what kind of type it is, for Postgres (`S` text, `N` number, ...). */
  readonly category: string;
  readonly isEnum: boolean;
  /** Of the column's own type, quoted: good for a cast. */
  readonly sqlType: string;
  /** Quoted, for a column that was given another collation than its type has. */
  readonly collation: string | null;
  /** Equal exactly when the bytes are equal. */
  readonly isDeterministic: boolean;
  /** Sorts by code points. */
  readonly isCodePointOrder: boolean;
}

export interface Policy {
  /** Text of its USING expression, as Postgres writes it. */
  readonly using: string | null;
}

/** A published table as the database describes it now. */
export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Quoted and with its schema. */
  readonly sqlName: string;
  readonly columns: readonly TableColumn[];
  /** Names of the primary key's columns, in its order; empty without one. */
  readonly primaryKey: readonly string[];
  readonly rowSecurity: boolean;
  /** Policies that decide who may SELECT, of every role. */
  readonly policies: readonly Policy[];
}

/** What the text of a function says about the claims it reads. */
export interface ClaimsFunction {
  readonly name: string;
  readonly source: string;
}

/** Equal texts mean that nothing has changed. */
export interface CatalogPrints {
  /** Changes with any policy, privilege, role or function that may decide. */
  readonly authorizationPrint: string;
  /** Changes with the published tables themselves. */
  readonly tablesPrint: string;
}

/** One consistent reading of everything that decides who sees which rows. */
export interface Catalog extends CatalogPrints {
  readonly tables: readonly Table[];
  /** Functions in schema `auth`, which policies call. */
  readonly claimsFunctions: readonly ClaimsFunction[];
}

export async function readCatalog(session: Session): Promise<Catalog> {
  const tables = await session.rows(TABLES_QUERY);
  const functions = await session.rows(FUNCTIONS_QUERY);
  return {
    tables: tables.map(toTable),
    claimsFunctions: functions.map((row) => ({ name: row.name ?? "", source: row.source ?? "" })),
    ...(await readPrints(session)),
  };
}

/** Cheap enough to be asked every second: a reading of the whole catalog follows only when one has changed. */
export async function readPrints(session: Session): Promise<CatalogPrints> {
  const [row = {}] = await session.rows(PRINTS_QUERY);
  return { authorizationPrint: row.authorization_print ?? "", tablesPrint: row.tables_print ?? "" };
}

const PUBLISHED = `
  select c.*, n.nspname, p.attnames
  from pg_publication_tables p
  join pg_namespace n on n.nspname = p.schemaname
  join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
  where p.pubname = ${quoteLiteral(CHANGES_PUBLICATION)}`;

/** `b.oid` is the type itself, or what a domain is made of at the bottom. */
const TABLES_QUERY = `
  with recursive database as (
    select (datlocprovider = 'b' or (datlocprovider = 'c' and datcollate in ('C', 'POSIX'))) as is_code_point_order
    from pg_database where datname = current_database()
  ), published as (${PUBLISHED}), bottom(oid, base) as (
    select oid, oid from pg_type where typtype <> 'd'
    union all select t.oid, bottom.base from pg_type t join bottom on t.typbasetype = bottom.oid where t.typtype = 'd'
  )
  select c.oid, c.nspname, c.relname, c.relrowsecurity,
    quote_ident(c.nspname) || '.' || quote_ident(c.relname) as sql_name,
    (select json_agg(json_build_object(
        'name', a.attname, 'attnum', a.attnum, 'typeOid', t.oid::int8, 'baseType', b.typname,
        'category', b.typcategory, 'isEnum', b.typtype = 'e',
        'sqlType', quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
        'collation', case when a.attcollation <> t.typcollation
          then quote_ident(cn.nspname) || '.' || quote_ident(co.collname) end,
        'isDeterministic', coalesce(co.collisdeterministic, true),
        'isCodePointOrder', coalesce(co.collname in ('C', 'POSIX', 'ucs_basic') or co.collprovider = 'b'
          or (co.collname = 'default' and (select is_code_point_order from database)), true)
      ) order by a.attnum)
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      join pg_namespace tn on tn.oid = t.typnamespace
      join bottom on bottom.oid = t.oid
      join pg_type b on b.oid = bottom.base
      left join pg_collation co on co.oid = a.attcollation
      left join pg_namespace cn on cn.oid = co.collnamespace
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and (c.attnames is null or a.attname = any(c.attnames))) as columns,
    (select json_agg(a.attname order by k.position)
      from pg_index i
      cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, position)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary and k.position <= i.indnkeyatts) as primary_key,
    (select json_agg(json_build_object('using', pg_get_expr(polqual, polrelid)) order by oid)
      from pg_policy where polrelid = c.oid and polcmd in ('r', '*')) as policies
  from published c`;

const FUNCTIONS_QUERY = `
  select p.proname as name, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as source
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'auth' and p.pronargs = 0`;

/**
 * By content rather than by row version: a new partition or an ANALYZE must not send ten thousand channels back to
 * their policies. Functions are the exception, because a policy may call any of them. Of other tables those count that
 * a policy names; what a function reads is not to be seen from here.
 */
const PRINTS_QUERY = `
  with published as materialized (${PUBLISHED}), guarded as materialized (
    select oid, relacl, relrowsecurity, relforcerowsecurity, relowner from pg_class
    where oid = to_regclass('realtime.messages') or oid in (select oid from published)
      or oid in (select refobjid from pg_depend where classid = 'pg_policy'::regclass and refclassid = 'pg_class'::regclass)
  )
  select
    md5(concat_ws('/',
      (select string_agg(concat_ws(' ', oid, xmin), ',' order by oid) from pg_policy),
      (select string_agg(concat_ws(' ', rolname, rolsuper, rolbypassrls, rolinherit), ',' order by oid) from pg_roles),
      (select string_agg(m::text, ',' order by roleid, member, grantor) from pg_auth_members m),
      (select string_agg(concat_ws(' ', oid, nspacl), ',' order by oid) from pg_namespace where nspname !~ '^pg_'),
      (select string_agg(concat_ws(' ', oid, relacl, relrowsecurity, relforcerowsecurity, relowner), ',' order by oid)
        from guarded),
      (select string_agg(concat_ws(' ', attrelid, attnum, attacl), ',' order by attrelid, attnum) from pg_attribute
        where attacl is not null and attrelid in (select oid from guarded)),
      (select string_agg(concat_ws(' ', p.oid, p.xmin), ',' order by p.oid)
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname not in ('pg_catalog', 'information_schema', 'realtime')
          and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype))
    )) as authorization_print,
    md5(concat_ws('/',
      (select string_agg(concat_ws(' ', oid, nspname, relname, attnames), ',' order by oid) from published),
      (select string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attcollation), ',' order by attrelid, attnum)
        from pg_attribute where attnum > 0 and not attisdropped and attrelid in (select oid from published)),
      (select string_agg(concat_ws(' ', indexrelid, indkey), ',' order by indexrelid) from pg_index
        where indisprimary and indrelid in (select oid from published)),
      (select string_agg(concat_ws(' ', oid, xmin), ',' order by oid) from pg_publication)
    )) as tables_print`;

function toTable(row: TextRow): Table {
  return {
    oid: Number(row.oid),
    schema: row.nspname ?? "",
    name: row.relname ?? "",
    sqlName: row.sql_name ?? "",
    columns: JSON.parse(row.columns ?? "[]"),
    primaryKey: JSON.parse(row.primary_key ?? "[]"),
    rowSecurity: row.relrowsecurity === "t",
    policies: JSON.parse(row.policies ?? "[]"),
  };
}
