import type pg from "pg";
import { describeChange, toStatements } from "../../../lib/database-change.ts";
import type { DatabaseChange } from "../../../lib/schemas/database.ts";
import type { ProjectScope } from "../../context.ts";
import { audited } from "../audit/audited.ts";
import { askDatabase, askDatabaseAsAdmin } from "./ask-database.ts";
import { isNotAllowed } from "./to-database-problem.ts";

/** A change that waits for a table makes everybody who comes after it wait too. */
const LOCK_TIMEOUT_MS = 3_000;

/**
 * Runs a change in the project's database, whole or not at all. As the project's own role; where that may not, because
 * somebody else made the table, as the role that runs the server, if the server is ours.
 *
 * @throws Problem as {@link askDatabase}
 */
export async function applyChange(ctx: ProjectScope, change: DatabaseChange): Promise<void> {
  const statements = toStatements(change);
  const event = {
    action: `database.${change.kind}`,
    target: `${change.schema}.${change.table}`,
    projectRef: ctx.project.ref,
    after: { did: describeChange(change), sql: statements.join(";\n") },
  };
  await audited(ctx, event, () => runAsWhoMay(ctx, statements));
}

async function runAsWhoMay(ctx: ProjectScope, statements: readonly string[]): Promise<void> {
  const work = (client: pg.Client) => runAll(client, statements);
  try {
    await askDatabase(ctx, work);
  } catch (error) {
    const isDone = isNotAllowed(error) && (await askDatabaseAsAdmin(ctx, work)) !== null;
    if (!isDone) throw error;
  }
}

async function runAll(client: pg.Client, statements: readonly string[]): Promise<void> {
  // Without a commit the end of the connection takes everything back.
  await client.query("begin");
  await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  // Of a prepared statement Postgres takes one and nothing that follows it, whatever an expression tries to bring along.
  for (const [index, text] of statements.entries()) await client.query({ name: `change ${index}`, text });
  await client.query("commit");
}
