import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateControlDatabase } from "@tidewire/db/migrate";
import { ensureNodeRole } from "@tidewire/db/node-role";
import { generateSecretsKey } from "@tidewire/db/secrets";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient } from "@tidewire/testkit/project-database";
import { type Env, readEnv } from "../src/server/env.ts";
import { createResources, type Resources } from "../src/server/resources.ts";
import { type BootstrapOptions, bootstrap } from "../src/server/services/bootstrap/bootstrap.ts";

export const ADMIN = { email: "admin@example.com", password: "correct horse" };
export const REGION = { id: "local-1", name: "This machine", nodes: 0 };
const NODE_PASSWORD = "node-password";

/** A migrated, bootstrapped control plane on a Postgres of its own; disposed with everything in it. */
export interface TestControlPlane extends AsyncDisposable {
  postgres: TestPostgres;
  databaseUrl: string;
  env: Env;
  resources: Resources;
  bootstrapOptions: BootstrapOptions;
  homeDir: string;
}

interface Options {
  /** Further environment variables of the web server. */
  env?: Record<string, string>;
  nodes?: number;
}

export async function startControlPlane({
  env: extra = {},
  nodes = 0,
}: Options = {}): Promise<TestControlPlane> {
  const postgres = await startTestPostgres();
  const homeDir = mkdtempSync(join(tmpdir(), "tidewire-web-"));
  const name = "tidewire_control";
  {
    await using admin = await openClient(postgres.url());
    await admin.query(`create database ${name} template template0`);
  }
  const databaseUrl = postgres.url(name);
  await migrateControlDatabase(databaseUrl);
  {
    await using owner = await openClient(databaseUrl);
    await ensureNodeRole(owner, NODE_PASSWORD);
  }
  const env = readEnv({
    DATABASE_URL: databaseUrl,
    TIDEWIRE_NODE_DATABASE_URL: toNodeUrl(databaseUrl),
    TIDEWIRE_MANAGED_DATABASE_URL: postgres.url(),
    TIDEWIRE_SECRETS_KEY: generateSecretsKey(),
    TIDEWIRE_NODE_SECRET: randomBytes(24).toString("hex"),
    BETTER_AUTH_SECRET: randomBytes(24).toString("hex"),
    TIDEWIRE_HOME: homeDir,
    TIDEWIRE_FLEET: "off",
    TIDEWIRE_SIGN_IN_LIMIT: "off",
    LOG_LEVEL: "silent",
    ...extra,
  });
  const bootstrapOptions: BootstrapOptions = {
    databaseUrl,
    managedUrl: env.managedDatabaseUrl,
    secretsKey: env.secretsKey,
    authSecret: env.authSecret,
    admin: ADMIN,
    regions: [{ ...REGION, nodes }],
  };
  await bootstrap(bootstrapOptions);
  const resources = createResources(env);
  return {
    postgres,
    databaseUrl,
    env,
    resources,
    bootstrapOptions,
    homeDir,
    async [Symbol.asyncDispose]() {
      await resources.reconciler?.close();
      await resources.provisioning.settled();
      await resources.db.$disconnect();
      await postgres[Symbol.asyncDispose]();
      rmSync(homeDir, { recursive: true, force: true });
    },
  };
}

function toNodeUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = "tidewire_node";
  url.password = NODE_PASSWORD;
  return url.href;
}

/** Below the range from which systems take the local ports of outgoing connections, so that none sits on it. */
export function randomNodePort(): number {
  return 20_000 + Math.floor(Math.random() * 10_000);
}
