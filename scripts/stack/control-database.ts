import { migrateControlDatabase as migrate } from "@tidewire/db/migrate";
import { ensureNodeRole } from "@tidewire/db/node-role";
import pg from "pg";

const CONNECT_TIMEOUT_MS = 10_000;
const DATABASE = "tidewire";
const NODE_ROLE = "tidewire_node";

/** Makes the control database on the embedded server when it is missing, and returns its URL. */
export async function createControlDatabase(serverUrl: (database?: string) => string): Promise<string> {
  await withClient(serverUrl(), async (client) => {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE}`);
  });
  return serverUrl(DATABASE);
}

/**
 * Brings the control database to the current schema and gives nodes a login that can do no more than they must.
 *
 * @returns the URL for nodes
 */
export async function migrateControlDatabase(url: string, nodePassword: string): Promise<string> {
  await migrate(url);
  await withClient(url, (client) => ensureNodeRole(client, nodePassword));
  const nodeUrl = new URL(url);
  nodeUrl.username = NODE_ROLE;
  nodeUrl.password = nodePassword;
  return nodeUrl.href;
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
