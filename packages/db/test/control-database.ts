import { randomBytes } from "node:crypto";
import type { TestPostgres } from "@tidewire/testkit/postgres";
import pg from "pg";
import { migrateControlDatabase } from "../src/migrate.ts";

export async function connect(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** A migrated control database on `server`; it goes with the server. */
export async function createControlDatabase(server: TestPostgres): Promise<string> {
  const name = `control_${randomBytes(6).toString("hex")}`;
  await using admin = await connect(server.url());
  await admin.query(`create database ${name} template template0`);
  await migrateControlDatabase(server.url(name));
  return server.url(name);
}
