import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectPhoenix,
  type PhoenixClient,
  type PhoenixClientOptions,
} from "@tidewire/testkit/phoenix-client";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createNode, type RunningNode } from "../src/app.ts";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import type { Clock } from "../src/clock.ts";
import { readEnv } from "../src/env.ts";
import { createLog, type LogLevel } from "../src/log.ts";
import {
  createTestControlPlane,
  createTestProject,
  type TestControlPlane,
  type TestProject,
  type TestProjectOptions,
} from "./harness/control-plane.ts";
import { createInspectClient, type InspectClient } from "./harness/inspect-client.ts";
import { createTestSupabase, type TestSupabase } from "./harness/supabase.ts";

export interface ClusterOptions extends TestProjectOptions {
  nodes?: number;
  /** On a server of its own the control database can be stopped without touching the project's. Default: shared. */
  controlServer?: "shared" | "own";
  /** Added to every node's environment. */
  env?: Record<string, string> | ((node: number) => Record<string, string>);
  /** Default: the system's own. */
  clock?: Clock;
  /** SQL run as the owner of the project's database before the first node starts. */
  sql?: string;
}

/** A control database, one project with its own database, and nodes that share a bus. `await using` ends all of it. */
export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly RunningNode[];
  readonly project: TestProject;
  readonly control: TestControlPlane;
  /** The server of the project's database. */
  readonly postgres: TestPostgres;
  /** The server of the control database; the same one unless asked otherwise. */
  readonly controlPostgres: TestPostgres;
  /** What the nodes share, for a test that listens in. Unused with NATS_URL. */
  readonly broker: MemoryBroker;
  /** As it is given to `createClient`. */
  projectUrl(node?: number): string;
  /** A raw connection with the publishable key. The caller closes it, or the cluster does. */
  connect(node?: number, options?: Partial<PhoenixClientOptions>): Promise<PhoenixClient>;
  /** supabase-js with the publishable key, signed in when a token is given. */
  supabase(node?: number, userToken?: string): Promise<TestSupabase>;
  /** What the dashboard may ask of a node. */
  inspect(node?: number): InspectClient;
  /** Ends a node without a drain and starts it again under its name, with its state directory. */
  restart(node: number): Promise<void>;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const ends: (() => Promise<unknown>)[] = [];
  const endAll = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return await start(options, ends, endAll);
  } catch (error) {
    await endAll();
    throw error;
  }
}

async function start(
  options: ClusterOptions,
  ends: (() => Promise<unknown>)[],
  endAll: () => Promise<void>,
): Promise<Cluster> {
  const own = <T extends AsyncDisposable>(resource: T): T => {
    ends.push(async () => resource[Symbol.asyncDispose]());
    return resource;
  };
  const postgres = own(
    await startTestPostgres({ settings: { wal_level: "logical", wal_writer_delay: "10ms" } }),
  );
  const controlPostgres = options.controlServer === "own" ? own(await startTestPostgres()) : postgres;
  const control = own(await createTestControlPlane(controlPostgres));
  const project = await createTestProject(control, postgres, options);
  if (options.sql !== undefined) await project.database.query(options.sql);

  const stateRoot = await mkdtemp(join(tmpdir(), "tidewire-node-"));
  ends.push(() => rm(stateRoot, { recursive: true, force: true }));
  const broker = new MemoryBroker();
  const nodeSecret = randomBytes(32).toString("hex");
  const startNode = (index: number) => {
    const env = readEnv({
      TIDEWIRE_NODE_ID: `node-${index}`,
      TIDEWIRE_PORT: "0",
      TIDEWIRE_ADMIN_PORT: "0",
      TIDEWIRE_CONTROL_DATABASE_URL: control.nodeUrl,
      TIDEWIRE_SECRETS_KEY: control.secretsKey,
      TIDEWIRE_NODE_SECRET: nodeSecret,
      TIDEWIRE_STATE_DIR: join(stateRoot, `node-${index}`),
      TIDEWIRE_DRAIN_MS: "1000",
      ...(typeof options.env === "function" ? options.env(index) : options.env),
    });
    const level = (process.env.TEST_LOG_LEVEL ?? "silent") as LogLevel;
    return createNode(env, {
      // With NATS_URL each node connects by itself, as it would in production.
      bus: env.natsUrl === undefined ? new MemoryBus(broker) : undefined,
      log: createLog({ level, fields: { node: env.nodeId } }),
      clock: options.clock,
    });
  };
  const nodes: RunningNode[] = [];
  ends.push(() => Promise.all(nodes.map((node) => node.close())));
  for (let index = 0; index < (options.nodes ?? 1); index++) nodes.push(await startNode(index));

  const nodeAt = (index: number): RunningNode => {
    const node = nodes[index];
    if (node === undefined) throw new RangeError(`there is no node ${index}`);
    return node;
  };
  const projectUrl = (node = 0) => `${nodeAt(node).url}/p/${project.ref}`;
  return {
    nodes,
    project,
    control,
    postgres,
    controlPostgres,
    broker,
    projectUrl,
    connect: async (node, overrides) =>
      own(
        await connectPhoenix({ url: projectUrl(node), apikey: project.keys.publishable.value, ...overrides }),
      ),
    supabase: async (node, userToken) =>
      own(await createTestSupabase(projectUrl(node), project.keys.publishable.value, userToken)),
    inspect: (node = 0) => createInspectClient(nodeAt(node).adminUrl, nodeSecret),
    async restart(index) {
      await nodeAt(index).close();
      nodes[index] = await startNode(index);
    },
    [Symbol.asyncDispose]: endAll,
  };
}
