import type { NodeRow } from "./node-records.ts";

/** The SQL of a node's store, in one place so that `ensureNodeRole` can be checked against it. */

export const PROJECT = `
  select p.ref, p.external_id, p.name, p.region_id as region, p.database_url, p.jwt_secret, p.jwks, p.limits, p.settings, p.version,
         coalesce(
           (select jsonb_agg(jsonb_build_object(
                     'kind', k.kind, 'hash', k.hash,
                     'expiresAtMs', (extract(epoch from k.expires_at) * 1000)::float8))
              from api_key k
             where k.project_ref = p.ref and k.kind in ('publishable', 'secret')
               and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())),
           '[]') as keys
    from project p
   where (p.ref = $1 or p.external_id = $1) and p.status = 'active'`;

// A paused process must not overwrite its successor: only the same boot, or one that started later, may write the row.
// A boot that was marked as gone stays gone, whatever beat was still on its way.
export const BEAT = `
  insert into node as current (id, boot, region, url, admin_url, pid, version, state, connections, started_at, beat_at, metrics, seen_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8::node_state, $9, to_timestamp($10::float8 / 1000), to_timestamp($11::float8 / 1000), $12, now())
  on conflict (id) do update
     set boot = excluded.boot, region = excluded.region, url = excluded.url, admin_url = excluded.admin_url,
         pid = excluded.pid, version = excluded.version, state = excluded.state, connections = excluded.connections,
         started_at = excluded.started_at, beat_at = excluded.beat_at, metrics = excluded.metrics, seen_at = now()
   where (current.boot = excluded.boot and current.state <> 'gone')
      or (current.boot <> excluded.boot and current.started_at <= excluded.started_at)
  returning id`;

/** What {@link BEAT} is given, in the order of its parameters. */
export const BEAT_COLUMNS = [
  "id",
  "boot",
  "region",
  "url",
  "adminUrl",
  "pid",
  "version",
  "state",
  "connections",
  "startedAtMs",
  "beatAtMs",
  "metrics",
] as const satisfies (keyof NodeRow)[];

export const REMOVE_NODE = `
  update node set state = 'gone', connections = 0, seen_at = now() where id = $1 and boot = $2`;

export const NODES = `
  select id, boot, region, url, admin_url as "adminUrl", pid, version, state, connections,
         (extract(epoch from started_at) * 1000)::float8 as "startedAtMs",
         (extract(epoch from beat_at) * 1000)::float8 as "beatAtMs", metrics
    from node order by region, id`;

export const WRITE_SAMPLES = `
  insert into metric_sample (project_ref, node, name, at, value)
  select s.ref, s.node, s.name, to_timestamp(s.at_ms / 1000), s.value
    from unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[]) as s (ref, node, name, at_ms, value)`;

// Without a conflict target, so that the role needs no right to read. As JSON, because lists of tables differ in length.
export const WRITE_GAPS = `
  insert into change_gap (project_ref, node, at, from_lsn, to_lsn, cause, tables, channels)
  select g.ref, g.node, to_timestamp(g."atMs" / 1000), g."fromLsn", g."toLsn", g.cause, g.tables, g.channels
    from jsonb_to_recordset($1::jsonb) as g (
      ref text, node text, "atMs" float8, "fromLsn" text, "toLsn" text, cause text, tables text[], channels int)
  on conflict do nothing`;

// Several nodes may have seen the same key: whoever comes first in a minute writes it.
export const WRITE_KEY_USES = `
  update api_key
     set last_used_at = to_timestamp(used.at_ms / 1000)
    from unnest($1::text[], $2::float8[]) as used (hash, at_ms)
   where api_key.hash = used.hash
     and (last_used_at is null or last_used_at <= to_timestamp(used.at_ms / 1000) - interval '1 minute')`;
