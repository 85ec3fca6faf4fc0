import { withConnection } from "@tidewire/db/connect-once";
import { managedDatabaseName } from "@tidewire/db/managed-database";
import { readProjectSecrets } from "@tidewire/db/projects";
import type pg from "pg";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { toDatabaseProblem } from "./to-database-problem.ts";

/** Somebody waits in front of a page; a database that needs longer is said to be away. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;

const PATIENCE = { connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: STATEMENT_TIMEOUT_MS };

type Scope = Pick<ProjectScope, "resources" | "project">;
type Work<T> = (client: pg.Client) => Promise<T>;

/**
 * One short-lived connection to the project's database, as the project's own role.
 *
 * @throws Problem `NoProjectDatabase`, `ProjectDatabaseDown`, `DatabaseRefused`
 */
export async function askDatabase<T>(
  { resources, project }: Scope,
  work: Work<T>,
  patience = PATIENCE,
): Promise<T> {
  const { databaseUrl: url } = await readProjectSecrets(resources, project.ref);
  if (url === null) throw new Problem("NoProjectDatabase");
  return translated(withConnection({ ...patience, url, applicationName: "tidewire-dashboard" }, work));
}

/**
 * As {@link askDatabase}, as the role that runs the server of a managed database: for tables that belong to somebody
 * else than the project's own role. `work` must prepare its statements, so that an expression that somebody typed cannot
 * bring another one along. Null when the server is not ours.
 *
 * @throws Problem `ProjectDatabaseDown`, `DatabaseRefused`
 */
export async function askDatabaseAsAdmin<T>(
  { resources, project }: Scope,
  work: Work<T>,
): Promise<{ value: T } | null> {
  if (!project.managed) return null;
  const connection = {
    ...PATIENCE,
    url: resources.env.managedDatabaseUrl,
    database: managedDatabaseName(project.ref),
    applicationName: "tidewire-dashboard",
  };
  const value = await translated(
    withConnection(connection, async (client) => {
      // The database's owner may have set another path, and put operators there that this role must not run.
      await client.query("set search_path = pg_catalog, public");
      return work(client);
    }),
  );
  return { value };
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toDatabaseProblem(error);
  }
}
