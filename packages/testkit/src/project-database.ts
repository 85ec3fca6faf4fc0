import { randomBytes } from "node:crypto";
import { createManagedDatabase, dropManagedDatabase } from "@tidewire/db/managed-database";
import { migrateTenant } from "@tidewire/db/tenant-migrations";
import { type ProjectRef, parseProjectRef } from "@tidewire/protocol/ids";
import pg from "pg";
import { signUserToken, type TokenClaims } from "./tokens.ts";

const REF_LETTERS = "abcdefghijklmnopqrstuvwxyz";
const REF_LENGTH = 20;

export interface TestClient extends pg.Client, AsyncDisposable {}

/** A project's database as `npm start` would make it, ready for nodes. */
export interface ProjectDatabase extends AsyncDisposable {
  readonly ref: ProjectRef;
  /** URL of the database's owner, as a node gets it. */
  readonly databaseUrl: string;
  /** URL of a superuser in the same database. */
  readonly adminUrl: string;
  readonly jwtSecret: string;
  /** A new connection of the owner; `await using` closes it. */
  connect(): Promise<TestClient>;
  connectAsAdmin(): Promise<TestClient>;
  /** Runs one statement as the owner. */
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** A token that this project's nodes accept. */
  token(claims?: TokenClaims): string;
}

/** Drops database, role and slots when disposed. */
export async function createProjectDatabase(server: {
  url(database?: string): string;
}): Promise<ProjectDatabase> {
  const ref = randomRef();
  const { name, databaseUrl } = await createManagedDatabase(server.url(), ref);
  const adminUrl = server.url(name);
  const jwtSecret = randomBytes(32).toString("base64url");
  const connect = () => openClient(databaseUrl);
  {
    await using client = await connect();
    await migrateTenant(client);
  }
  return {
    ref,
    databaseUrl,
    adminUrl,
    jwtSecret,
    connect,
    connectAsAdmin: () => openClient(adminUrl),
    async query(sql, values) {
      await using client = await connect();
      return await client.query(sql, values);
    },
    token: (claims) => signUserToken(jwtSecret, claims),
    [Symbol.asyncDispose]: () => dropManagedDatabase(server.url(), ref),
  };
}

export function randomRef(): ProjectRef {
  const letters = Array.from(randomBytes(REF_LENGTH), (byte) =>
    REF_LETTERS.charAt(byte % REF_LETTERS.length),
  );
  return parseProjectRef(letters.join(""));
}

/** @returns a connection that survives its server: a broken one rejects its next query instead of ending the process */
export async function openClient(url: string): Promise<TestClient> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
