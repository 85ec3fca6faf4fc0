import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { tenantMigrations } from "./generated/sql.ts";
import { reasonOf } from "./reason.ts";

/** Arbitrary, but the same in every version: two starters must meet at it. */
const LOCK_KEY = 7_493_018_224;
const LOCK_TIMEOUT_MS = 30_000;
const STATEMENT_TIMEOUT_MS = 60_000;

export interface TenantStep {
  /** `0005_messages`; `partitions` for the last one. */
  id: string;
  title: string;
  /** `skipped`: done by an earlier run. */
  state: "running" | "done" | "skipped" | "failed";
  elapsedMs: number;
  error?: string;
}

export interface TenantMigrationOptions {
  onStep?: (step: TenantStep) => void;
  /** Runs every step again, for a database in which something was dropped. All steps may be repeated. */
  repair?: boolean;
}

/** A step was refused; nothing of that step remains. `message` says which and why in one sentence. */
export class TenantMigrationFailed extends Error {
  override readonly name = "TenantMigrationFailed";
  readonly step: string;

  constructor(step: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.step = step;
  }
}

/** Ids and titles in order, as a list of what is to come. */
export const TENANT_STEPS: readonly { id: string; title: string }[] = [
  ...tenantMigrations.map(({ name, sql }) => ({ id: name, title: titleOf(sql) })),
  { id: "partitions", title: "Partitions for the days around today" },
];

/**
 * Brings a project's database to what nodes and clients need: roles, `auth.*`, the `realtime` schema, publications,
 * partitions. Each step is a transaction of its own. What Supabase has already made is kept as it is. Two callers at
 * once take turns. The connection is the caller's and is left as it was.
 *
 * @returns the steps that were run
 * @throws TenantMigrationFailed
 */
export async function migrateTenant(
  client: ClientBase,
  { onStep = () => undefined, repair = false }: TenantMigrationOptions = {},
): Promise<string[]> {
  await inStep(
    { id: "lock", title: "Waiting for another migration" },
    () => undefined,
    () => lock(client),
  );
  const applied: string[] = [];
  try {
    const known = await knownChecksums(client);
    for (const { name: id, sql } of tenantMigrations) {
      const step = { id, title: titleOf(sql) };
      const checksum = createHash("sha256").update(sql).digest("hex");
      if (!repair && known.get(id) === checksum) {
        onStep({ ...step, state: "skipped", elapsedMs: 0 });
        continue;
      }
      await inStep(step, onStep, () => apply(client, id, sql, checksum));
      applied.push(id);
    }
    await inStep(TENANT_STEPS.at(-1) ?? { id: "", title: "" }, onStep, () =>
      inTransaction(client, () => client.query("select realtime.ensure_partitions()")),
    );
  } finally {
    // Fails only when the connection is gone, and then so is the lock.
    await client.query("select pg_advisory_unlock($1)", [LOCK_KEY]).catch(() => undefined);
  }
  return applied;
}

async function lock(client: ClientBase): Promise<void> {
  await inTransaction(client, async () => {
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // Of the session, not the transaction: it outlives the commit.
    await client.query("select pg_advisory_lock($1)", [LOCK_KEY]);
  });
}

async function knownChecksums(client: ClientBase): Promise<Map<string, string>> {
  const step = { id: "history", title: "List of migrations" };
  return inStep(
    step,
    () => undefined,
    () =>
      inTransaction(client, async () => {
        await client.query(`
        do $$ begin
          if to_regnamespace('realtime') is null then create schema realtime; end if;
          if to_regclass('realtime.tidewire_migrations') is null then
            create table realtime.tidewire_migrations (
              name text primary key, checksum text not null, applied_at timestamptz not null default now()
            );
          end if;
        end $$`);
        const { rows } = await client.query<{ name: string; checksum: string }>(
          "select name, checksum from realtime.tidewire_migrations",
        );
        return new Map(rows.map(({ name, checksum }) => [name, checksum]));
      }),
  );
}

function apply(client: ClientBase, name: string, sql: string, checksum: string): Promise<void> {
  return inTransaction(client, async () => {
    await client.query(sql);
    await client.query(
      `insert into realtime.tidewire_migrations (name, checksum) values ($1, $2)
       on conflict (name) do update set checksum = excluded.checksum, applied_at = now()`,
      [name, checksum],
    );
  });
}

async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    // An empty search path: no object of the project's can stand in for one of ours.
    await client.query(`
      set local statement_timeout = ${STATEMENT_TIMEOUT_MS};
      set local lock_timeout = ${LOCK_TIMEOUT_MS};
      set local client_min_messages = error;
      set local search_path = ''`);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function inStep<T>(
  step: { id: string; title: string },
  onStep: (step: TenantStep) => void,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  const report = (state: TenantStep["state"], error?: string) =>
    onStep({ ...step, state, elapsedMs: Math.round(performance.now() - startedMs), error });
  report("running");
  try {
    const result = await work();
    report("done");
    return result;
  } catch (cause) {
    const reason = reasonOf(cause);
    report("failed", reason);
    throw new TenantMigrationFailed(step.id, `${step.title}: ${reason}`, { cause });
  }
}

/** Every file begins with one line that says what it makes. */
function titleOf(sql: string): string {
  return sql.slice(0, sql.indexOf("\n")).replace(/^-- */, "");
}
