import type pg from "pg";
import { PUBLICATION } from "../../../lib/database-change.ts";
import type { ProjectScope } from "../../context.ts";
import type { PublicationTable, PublicationView } from "../../views/database.ts";
import { askDatabase } from "./ask-database.ts";

/** More tables than this nobody looks through; the search is for the rest. */
const TABLES_MAX = 2_000;

/** What of the project's tables is published, and how. @throws Problem as {@link askDatabase} */
export function readPublication(ctx: Pick<ProjectScope, "resources" | "project">): Promise<PublicationView> {
  return askDatabase(ctx, async (client) => {
    const publication = await client.query<Omit<PublicationView, "name" | "tables">>(PUBLICATION_QUERY, [
      PUBLICATION,
    ]);
    const [found = NO_PUBLICATION] = publication.rows;
    return { ...found, name: PUBLICATION, tables: await readTables(client) };
  });
}

const NO_PUBLICATION: Omit<PublicationView, "name" | "tables"> = {
  exists: false,
  publishes: { insert: false, update: false, delete: false },
  serverVersion: "",
};

async function readTables(client: pg.Client): Promise<PublicationTable[]> {
  const { rows } = await client.query<PublicationTable>(TABLES_QUERY, [PUBLICATION, TABLES_MAX]);
  return rows;
}

const PUBLICATION_QUERY = `
  select oid is not null as exists, current_setting('server_version') as "serverVersion",
    json_build_object('insert', coalesce(pubinsert, false), 'update', coalesce(pubupdate, false),
      'delete', coalesce(pubdelete, false)) as publishes
  from (select 1) one left join pg_publication on pubname = $1`;

/** Partitions are published with their parent; schemas of Postgres and of ours are nobody's tables. */
const TABLES_QUERY = `
  with publication as (select oid, puballtables from pg_publication where pubname = $1),
  named as (
    select c.oid, c.relname, c.relkind, c.relreplident, c.relrowsecurity, c.relowner, c.reltuples, n.nspname,
      pr.prqual, pr.prattrs::int2[] as attrs,
      case when p.puballtables then 'all-tables' when pr.oid is not null then 'table'
        when pn.oid is not null then 'schema' end as published_as,
      (select i.indkey::int2[] from pg_index i where i.indrelid = c.oid and i.indisprimary) as key,
      (select i.indkey::int2[] from pg_index i where i.indrelid = c.oid and i.indisreplident) as identity_index
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join publication p on true
    left join pg_publication_rel pr on pr.prpubid = p.oid and pr.prrelid = c.oid
    left join pg_publication_namespace pn on pn.pnpubid = p.oid and pn.pnnspid = n.oid
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
      and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'realtime')
  )
  select nspname as schema, relname as "table", relowner::regrole::text as owner, published_as as "publishedAs",
    pg_get_expr(prqual, t.oid, true) as filter, relrowsecurity as "rowSecurity", relkind = 'p' as "isPartitioned",
    case when reltuples >= 0 then reltuples::float8 end as "estimatedRows",
    case relreplident when 'd' then 'default' when 'n' then 'nothing' when 'f' then 'full' else 'index' end as identity,
    (select count(*)::int from pg_policy where polrelid = t.oid and polcmd in ('r', '*')) as "readPolicies",
    coalesce((select json_agg(a.attname order by array_position(key, a.attnum)) from pg_attribute a
      where a.attrelid = t.oid and a.attnum = any(key)), '[]') as "primaryKey",
    coalesce((select json_agg(json_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'isPublished', published_as is not null and (attrs is null or a.attnum = any(attrs)),
        'isIdentity', case relreplident when 'f' then true when 'd' then coalesce(a.attnum = any(key), false)
          when 'i' then coalesce(a.attnum = any(identity_index), false) else false end,
        'isFiltered', coalesce(prqual::text like '%:varattno ' || a.attnum || ' %', false)
      ) order by a.attnum)
      from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
      '[]') as columns
  from named t
  order by published_as is null, nspname <> 'public', nspname, relname
  limit $2`;
