import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { parseProjectRef } from "@tidewire/protocol/ids";
import pg, { type ClientBase } from "pg";
import { withConnection, withDatabase } from "./connect-once.ts";
import { tenantMigrations } from "./generated/sql.ts";
import { reasonOf } from "./reason.ts";
import { scramVerifier } from "./scram.ts";

const APPLICATION = "tidewire-managed-database";
const PASSWORD_BYTES = 24;
const SLOT_DEADLINE_MS = 10_000;
const SLOT_POLL_MS = 50;
const API_ROLES = ["anon", "authenticated", "service_role"] as const;
/** What the login role may become. */
const MEMBERSHIPS = [...API_ROLES, "supabase_realtime_admin"] as const;
/** To name the session that pins the WAL, whoever runs it (P2). An admin may lack this itself. */
const WATCHING = ["pg_monitor"] as const;
const INSUFFICIENT_PRIVILEGE = "42501";

/** The server refused to make or drop a project's database. */
export class ManagedDatabaseFailed extends Error {
  override readonly name = "ManagedDatabaseFailed";
}

export interface ManagedDatabase {
  name: string;
  /** URL of the database's owner, who is no superuser. */
  databaseUrl: string;
}

/** Database and login role of a project have the same name. */
export function managedDatabaseName(ref: string): string {
  return `tw_${parseProjectRef(ref)}`;
}

/**
 * Creates the database of project `ref` and its owner: LOGIN REPLICATION, member of the API roles, not superuser.
 * Repeating it after a failure goes on where it stopped, with a new password. `migrateTenant` comes next.
 *
 * @param adminUrl a superuser, or a role with CREATEDB, CREATEROLE, REPLICATION and BYPASSRLS (Postgres 16 or later)
 * @throws ManagedDatabaseFailed
 */
export function createManagedDatabase(adminUrl: string, ref: string): Promise<ManagedDatabase> {
  const name = managedDatabaseName(ref);
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  return explained(`The database ${name} cannot be created`, async () => {
    await withConnection({ url: adminUrl, applicationName: APPLICATION }, async (admin) => {
      await ensureApiRoles(admin);
      await ensureLoginRole(admin, name, password);
      await ensureDatabase(admin, name);
    });
    await withConnection(
      { url: adminUrl, database: name, applicationName: APPLICATION },
      setDefaultPrivileges,
    );
    return { name, databaseUrl: ownerUrl(adminUrl, name, password) };
  });
}

/**
 * Ends every session, drops the replication slots, then database and role. What is already gone is no error.
 *
 * @throws ManagedDatabaseFailed
 */
export function dropManagedDatabase(adminUrl: string, ref: string): Promise<void> {
  const name = managedDatabaseName(ref);
  return explained(`The database ${name} cannot be dropped`, () =>
    withConnection({ url: adminUrl, applicationName: APPLICATION }, async (admin) => {
      const database = admin.escapeIdentifier(name);
      if (await exists(admin, "select from pg_database where datname = $1", name)) {
        // First the door, so that no node comes back between the last goodbye and the drop.
        await admin.query(`alter database ${database} with allow_connections false`);
        await endSessions(admin, name);
        await dropSlots(admin, name);
        await admin.query(`drop database if exists ${database} with (force)`);
      }
      await dropLoginRole(admin, name);
    }),
  );
}

/** The first tenant migration, run where roles may be made; the owner then finds them. */
async function ensureApiRoles(admin: ClientBase): Promise<void> {
  const [roles] = tenantMigrations;
  if (roles) await admin.query(roles.sql);
}

async function ensureLoginRole(admin: ClientBase, name: string, password: string): Promise<void> {
  const role = admin.escapeIdentifier(name);
  const known = await exists(admin, "select from pg_roles where rolname = $1", name);
  const modern = (await serverVersion(admin)) >= 160_000;
  // From 16 on a creator of roles rules only those it made; before, it could have made itself anything.
  const attributes = `login replication inherit ${modern ? "createrole" : "nocreaterole"}`;
  const verifier = admin.escapeLiteral(scramVerifier(password));
  await admin.query(`${known ? "alter" : "create"} role ${role} ${attributes} password ${verifier}`);
  const options = modern ? "with inherit true, set true" : "";
  await admin.query(`grant ${MEMBERSHIPS.join(", ")} to ${role} ${options}`);
  await admin.query(`grant ${WATCHING.join(", ")} to ${role}`).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
  });
}

async function ensureDatabase(admin: ClientBase, name: string): Promise<void> {
  const database = admin.escapeIdentifier(name);
  // A superuser may give a database to anybody; others only to those they could be.
  const right = (await serverVersion(admin)) >= 160_000 ? "set" : "member";
  const couldBe = `select where pg_has_role(current_user, $1, '${right}')`;
  if (!(await exists(admin, couldBe, name))) await admin.query(`grant ${database} to current_user`);
  if (!(await exists(admin, "select from pg_database where datname = $1", name))) {
    await admin.query(`create database ${database} owner ${database} template template0 encoding 'UTF8'`);
  }
  await admin.query(`
    alter database ${database} set timezone to 'UTC';
    revoke connect on database ${database} from public`);
}

/** What an operator creates with the admin's URL is as open to the API roles as what the owner creates. */
async function setDefaultPrivileges(admin: ClientBase): Promise<void> {
  for (const kind of ["tables", "sequences", "functions"]) {
    await admin.query(
      `alter default privileges in schema public grant all on ${kind} to ${API_ROLES.join(", ")}, pg_database_owner`,
    );
  }
}

async function endSessions(admin: ClientBase, name: string): Promise<void> {
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
    [name],
  );
}

/** A slot can be dropped once its walsender has noticed its end. */
async function dropSlots(admin: ClientBase, name: string): Promise<void> {
  const deadlineMs = performance.now() + SLOT_DEADLINE_MS;
  for (;;) {
    const { rows } = await admin.query<{ slot: string; pid: number | null }>(
      "select slot_name as slot, active_pid as pid from pg_replication_slots where database = $1",
      [name],
    );
    if (rows.length === 0) return;
    for (const { slot, pid } of rows) {
      if (pid === null) await admin.query("select pg_drop_replication_slot($1)", [slot]);
      else await admin.query("select pg_terminate_backend($1)", [pid]);
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`replication slot ${rows[0]?.slot} stayed active for ${SLOT_DEADLINE_MS / 1_000} s`);
    }
    await delay(SLOT_POLL_MS);
  }
}

/** With the roles that it made for itself. */
async function dropLoginRole(admin: ClientBase, name: string): Promise<void> {
  for (const role of [...(await rolesMadeBy(admin, name)), name]) {
    if (!(await exists(admin, "select from pg_roles where rolname = $1", role))) continue;
    const identifier = admin.escapeIdentifier(role);
    await admin.query(`drop owned by ${identifier}`);
    await admin.query(`drop role ${identifier}`);
  }
}

/**
 * Since 16 whoever creates a role gets ADMIN on it from the server itself, without SET and INHERIT. A grant by a person
 * looks different, so nobody else's role is taken for one of these.
 */
async function rolesMadeBy(admin: ClientBase, name: string): Promise<string[]> {
  if ((await serverVersion(admin)) < 160_000) return [];
  const { rows } = await admin.query<{ role: string }>(
    `select made.rolname as role
       from pg_auth_members m
       join pg_roles made on made.oid = m.roleid
       join pg_roles maker on maker.oid = m.member
      where maker.rolname = $1 and m.grantor = 10 and m.admin_option and not m.set_option and not m.inherit_option`,
    [name],
  );
  return rows.map(({ role }) => role);
}

async function serverVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  return rows[0]?.version ?? 0;
}

async function exists(client: ClientBase, query: string, name: string): Promise<boolean> {
  return ((await client.query(query, [name])).rowCount ?? 0) > 0;
}

function ownerUrl(adminUrl: string, name: string, password: string): string {
  const url = new URL(withDatabase(adminUrl, name));
  url.username = name;
  url.password = password;
  return url.href;
}

async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ManagedDatabaseFailed(`${what}: ${reasonOf(cause)}.`, { cause });
  }
}
