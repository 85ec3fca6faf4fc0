import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { createDb, type Db } from "@tidewire/db/client";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { writeFleetReport } from "@tidewire/db/fleet-report";
import { listNodes, markNodeGone } from "@tidewire/db/nodes";
import { listRegions } from "@tidewire/db/regions";
import { parseSecretsKey, type SecretsKey } from "@tidewire/db/secrets";
import pino, { type Logger } from "pino";
import { type Auth, createAuth } from "./auth.ts";
import { type Env, readEnv } from "./env.ts";
import { answersOn } from "./fleet/answers-on.ts";
import { Leadership } from "./fleet/leadership.ts";
import { NodeClients } from "./fleet/node-client.ts";
import { NodeDirectory } from "./fleet/node-directory.ts";
import { NodeTokens } from "./fleet/node-token.ts";
import { ProcessDriver } from "./fleet/process-driver.ts";
import { Reconciler } from "./fleet/reconciler.ts";
import { ProvisioningRuns } from "./services/provisioning/runs.ts";
import { SlotWitnesses } from "./services/replication/slot-witnesses.ts";

/** Everything the server's code needs of the outside, built once per process. */
export interface Resources extends ControlPlane {
  env: Env;
  db: Db;
  secretsKey: SecretsKey;
  log: Logger;
  auth: Auth;
  directory: NodeDirectory;
  clients: NodeClients;
  provisioning: ProvisioningRuns;
  slotWitnesses: SlotWitnesses;
  /** Null when nodes are run by somebody else (`TIDEWIRE_FLEET=off`). */
  reconciler: Reconciler | null;
  nowMs(): number;
}

/** The caller must `$disconnect()` the database and close the reconciler. @throws EnvError, RangeError */
export function createResources(env: Env): Resources {
  const nowMs = Date.now;
  const log = pino({
    name: "tidewire-web",
    base: { host: hostname() },
    level: env.logLevel,
  });
  const db = createDb({ url: env.databaseUrl });
  const plane = { db, secretsKey: parseSecretsKey(env.secretsKey) };
  const directory = new NodeDirectory(() => listNodes(db), nowMs);
  return {
    ...plane,
    env,
    log,
    auth: createAuth(db, env),
    directory,
    clients: new NodeClients(new NodeTokens(env.nodeSecret, nowMs)),
    slotWitnesses: new SlotWitnesses(nowMs),
    provisioning: new ProvisioningRuns({ ...plane, env, directory, log, nowMs }),
    reconciler: createReconciler(env, db, log),
    nowMs,
  };
}

function createReconciler(env: Env, db: Db, log: Logger): Reconciler | null {
  if (env.fleet === "off") return null;
  if (env.nodeEntry === null) {
    log.warn("TIDEWIRE_NODE_ENTRY is not set: this dashboard starts no nodes");
    return null;
  }
  const leadership = new Leadership(env.databaseUrl);
  return new Reconciler({
    source: {
      lead: () => leadership.hold(),
      desired: async () =>
        (await listRegions(db)).map(({ id, desiredNodes }) => ({ region: id, nodes: desiredNodes })),
      nodes: () => listNodes(db),
      answers: answersOn,
      markGone: ({ id, boot }) => markNodeGone(db, id, boot),
      report: (report) => writeFleetReport(db, report),
      release: () => leadership.release(),
    },
    driver: new ProcessDriver({
      entry: resolve(env.nodeEntry),
      homeDir: resolve(env.homeDir),
      firstPort: env.firstNodePort,
      nodeEnv: toNodeEnv(env),
      nowMs: Date.now,
    }),
    limits: { drainMs: env.drainMs },
    nowMs: Date.now,
    log,
  });
}

/** What every node is told, wherever it runs. */
function toNodeEnv(env: Env): Record<string, string | undefined> {
  return {
    TIDEWIRE_CONTROL_DATABASE_URL: env.nodeDatabaseUrl,
    TIDEWIRE_SECRETS_KEY: env.secretsKey,
    TIDEWIRE_NODE_SECRET: env.nodeSecret,
    TIDEWIRE_DRAIN_MS: String(env.drainMs),
    TIDEWIRE_OWNER_PID: env.ownerPid?.toString(),
    ...env.nats,
    TIDEWIRE_CONTROL_URL: env.controlUrl,
    ...env.ofNodes,
  };
}

/** Where a node's log is, when it runs on this machine. */
export function nodeLogFile(env: Env, node: string): string {
  return join(resolve(env.homeDir), "logs", `${node}.log`);
}

const KEY = Symbol.for("tidewire.resources");
type Shared = typeof globalThis & { [KEY]?: Resources };

/** The process's own. On `globalThis`, because Next bundles instrumentation and routes apart and reloads modules in development. */
export function resources(): Resources {
  const shared: Shared = globalThis;
  shared[KEY] ??= createResources(readEnv(process.env));
  return shared[KEY];
}
