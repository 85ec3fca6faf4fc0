import type { ClientBase } from "pg";
import { scramVerifier } from "./scram.ts";

/** Default name of the role that nodes connect with. */
export const NODE_ROLE = "tidewire_node";

/**
 * Everything a node may do, and nothing else: each line is needed by a statement of `node-queries.ts`. It never sees
 * the sealed value of a key, nor any table of people.
 */
const GRANTS = (role: string, database: string) => `
  grant connect on database ${database} to ${role};
  grant usage on schema public to ${role};
  grant select (ref, external_id, name, region_id, database_url, jwt_secret, jwks, limits, settings, status, version) on project to ${role};
  grant select (project_ref, kind, hash, revoked_at, expires_at, last_used_at), update (last_used_at) on api_key to ${role};
  grant select, insert, update on node to ${role};
  grant insert on metric_sample, change_gap to ${role};
  grant usage on sequence metric_sample_id_seq, change_gap_id_seq to ${role};`;

/**
 * Creates the nodes' login role, or resets its password and rights to exactly what is listed here, and closes the
 * control database to every other role of the server, such as the owners of managed databases. Runs in one transaction
 * on the control database, as its owner; the caller owns the connection.
 *
 * @throws pg.DatabaseError when the connection may not create roles
 */
export async function ensureNodeRole(client: ClientBase, password: string, name = NODE_ROLE): Promise<void> {
  const role = client.escapeIdentifier(name);
  const { rows } = await client.query<{ database: string; exists: boolean }>(
    "select current_database() as database, exists (select from pg_roles where rolname = $1)",
    [name],
  );
  const database = client.escapeIdentifier(rows[0]?.database ?? "");
  const attributes = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls";
  await client.query("begin");
  try {
    await client.query(
      `${rows[0]?.exists ? "alter" : "create"} role ${role} ${attributes} password ${client.escapeLiteral(scramVerifier(password))}`,
    );
    await client.query(`
      revoke all on all tables in schema public from ${role};
      revoke all on all sequences in schema public from ${role};
      revoke all on schema public from ${role};
      revoke all on database ${database} from ${role};
      revoke connect, temporary on database ${database} from public;
      grant connect, temporary on database ${database} to current_user;
      revoke create on schema public from public;`);
    await client.query(GRANTS(role, database));
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
