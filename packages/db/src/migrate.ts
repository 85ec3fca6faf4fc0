import { createHash, randomUUID } from "node:crypto";
import pg from "pg";
import { controlMigrations } from "./generated/sql.ts";
import { reasonOf } from "./reason.ts";

/** The key of Prisma's own migration lock, so that the two never run at once. */
const LOCK_KEY = 72_707_369;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long another migration may hold the lock, and how long one statement may take. */
const LOCK_TIMEOUT_MS = 60_000;
const STATEMENT_TIMEOUT_MS = 300_000;

/** The control database cannot be brought to this version; the message says why in one sentence. */
export class MigrationFailed extends Error {
  override readonly name = "MigrationFailed";
}

export interface MigrateResult {
  applied: string[];
  /** Migrations whose text is no longer what was applied. Harmless, but somebody should know. */
  edited: string[];
}

/**
 * Applies what is missing, each migration in its own transaction, and keeps the table `_prisma_migrations` as
 * `prisma migrate deploy` would, so that either may go on after the other.
 *
 * @throws MigrationFailed
 */
export async function migrateControlDatabase(url: string): Promise<MigrateResult> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "tidewire-migrate",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select pg_advisory_lock($1)", [LOCK_KEY]);
    return await deploy(client);
  } catch (cause) {
    if (cause instanceof MigrationFailed) throw cause;
    throw new MigrationFailed(`The control database cannot be migrated: ${reasonOf(cause)}`, { cause });
  } finally {
    // The end of the session frees the lock.
    await client.end().catch(() => undefined);
  }
}

async function deploy(client: pg.Client): Promise<MigrateResult> {
  const known = await appliedMigrations(client);
  const result: MigrateResult = { applied: [], edited: [] };
  for (const { name, sql } of controlMigrations) {
    const checksum = createHash("sha256").update(sql).digest("hex");
    const earlier = known.get(name);
    if (!earlier) {
      await apply(client, { name, sql, checksum });
      result.applied.push(name);
    } else if (!earlier.finished) {
      throw new MigrationFailed(
        `Migration ${name} failed earlier; resolve it with \`prisma migrate resolve\` and start again.`,
      );
    } else if (earlier.checksum !== checksum) {
      result.edited.push(name);
    }
  }
  return result;
}

async function appliedMigrations(client: pg.Client) {
  await client.query(`
    create table if not exists _prisma_migrations (
      id varchar(36) primary key not null,
      checksum varchar(64) not null,
      finished_at timestamptz,
      migration_name varchar(255) not null,
      logs text,
      rolled_back_at timestamptz,
      started_at timestamptz not null default now(),
      applied_steps_count integer not null default 0
    )`);
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(`
    select migration_name as name, checksum, finished_at is not null as finished
      from _prisma_migrations where rolled_back_at is null`);
  return new Map(rows.map((row) => [row.name, row]));
}

async function apply(
  client: pg.Client,
  migration: { name: string; sql: string; checksum: string },
): Promise<void> {
  const { name, sql, checksum } = migration;
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback").catch(() => undefined);
    throw new MigrationFailed(`Migration ${name} failed and was rolled back: ${reasonOf(cause)}`, { cause });
  }
}
