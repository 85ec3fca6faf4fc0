import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNats } from "@tidewire/testkit/nats";
import { startTestPostgres } from "@tidewire/testkit/postgres";
import { createTestControlPlane, createTestProject, type TestProject } from "../harness/control-plane.ts";
import { createInspectClient, type InspectClient } from "../harness/inspect-client.ts";
import { buildNode, NODE_SECRET, type NodeProcess, startNodeProcess } from "../harness/node-process.ts";
import { type Balancer, startBalancer } from "./balancer.ts";
import type { Disturbance } from "./record.ts";
import type { Fault } from "./schedule.ts";
import { startWitnesses, type Witnesses } from "./witnesses.ts";

const DRAIN_MS = 1_500;
const LIMITS = {
  maxConcurrentUsers: 100_000,
  maxJoinsPerSecond: 100_000,
  maxEventsPerSecond: 10_000_000,
  maxPresenceEventsPerSecond: 1_000_000,
  maxClientPresenceEventsPerWindow: 1_000,
};

interface FleetNode {
  readonly name: string;
  readonly region: string;
  process: NodeProcess;
  /** Undefined while it takes no clients. */
  url: string | undefined;
  downSinceMs: number | undefined;
}

/** Real node processes in regions that real nats-servers join, and one balancer per region in front of them. */
export interface Fleet extends AsyncDisposable {
  readonly project: TestProject;
  /** As it is given to `createClient` in that region. */
  projectUrl(region: string): string;
  /** Past the balancers, to one node. @throws RangeError when it takes no clients */
  nodeUrl(node: number): string;
  /** What the dashboard may ask of a node. @throws RangeError before it is up */
  inspect(node: number): InspectClient;
  /** The node that holds the project's database connections; undefined while there is none. */
  home(): Promise<number | undefined>;
  /** Resolves when the fault has happened; a drain goes on by itself. */
  inflict(fault: Fault): Promise<void>;
  readonly disturbances: Disturbance[];
  readonly heldIn: Witnesses["heldIn"];
  /** Everything that its nodes have logged at `warn` or worse. */
  complaints(): string[];
}

/** @param env added to every node's environment */
export async function startFleet(
  regions: readonly string[],
  places: readonly string[],
  env: Record<string, string> = {},
): Promise<Fleet> {
  const ends: (() => Promise<unknown>)[] = [];
  const endAll = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return await start({ regions, places, env }, ends, endAll);
  } catch (error) {
    await endAll();
    throw error;
  }
}

interface Plan {
  regions: readonly string[];
  /** Region of each node. */
  places: readonly string[];
  env: Record<string, string>;
}

async function start(
  { regions, places, env }: Plan,
  ends: (() => Promise<unknown>)[],
  endAll: () => Promise<void>,
): Promise<Fleet> {
  const own = <T extends AsyncDisposable>(resource: T): T => {
    ends.push(async () => resource[Symbol.asyncDispose]());
    return resource;
  };
  await buildNode();
  const postgres = own(await startTestPostgres({ settings: { wal_level: "logical" } }));
  const control = own(await createTestControlPlane(postgres));
  const project = await createTestProject(control, postgres, { limits: LIMITS });
  const nats = own(await startNats({ regions }));
  const stateRoot = await mkdtemp(join(tmpdir(), "tidewire-soak-"));
  ends.push(() => rm(stateRoot, { recursive: true, force: true }));
  const disturbances: Disturbance[] = [];
  let cut: Disturbance | undefined;

  const launch = (name: string, region: string) =>
    startNodeProcess(control, {
      TIDEWIRE_NODE_ID: name,
      TIDEWIRE_REGION: region,
      TIDEWIRE_STATE_DIR: join(stateRoot, name),
      TIDEWIRE_DRAIN_MS: String(DRAIN_MS),
      TIDEWIRE_OWNER_PID: String(process.pid),
      NATS_URL: nats.region(region).url,
      LOG_LEVEL: "info",
      ...env,
    });
  const nodes: FleetNode[] = places.map((region, index) => {
    const name = `${region}-${index}`;
    return { name, region, process: launch(name, region), url: undefined, downSinceMs: undefined };
  });
  const logs: string[] = [];
  ends.push(async () => {
    for (const { process } of nodes) process.child.kill("SIGKILL");
    await Promise.all(nodes.map(({ process }) => process.exited));
  });
  const nodeAt = (index: number): FleetNode => {
    const node = nodes[index];
    if (node === undefined) throw new RangeError(`there is no node ${index}`);
    return node;
  };
  await Promise.all(nodes.map(async (node) => (node.url = await node.process.url())));
  const inspect = (index: number) => {
    const adminUrl = nodeAt(index)
      .process.output()
      .match(/"adminUrl":"(http[^"]+)"/)?.[1];
    if (adminUrl === undefined) throw new RangeError(`node ${index} is not up`);
    return createInspectClient(adminUrl, NODE_SECRET);
  };

  let turn = 0;
  const pick = (region: string) => {
    const up = nodes.filter(({ url }) => url !== undefined);
    const near = up.filter((node) => node.region === region);
    const candidates = near.length > 0 ? near : up;
    return candidates[turn++ % candidates.length]?.url;
  };
  const balancers = new Map<string, Balancer>();
  for (const region of regions) balancers.set(region, own(await startBalancer(() => pick(region))));

  const stop = async (node: FleetNode, signal: "SIGKILL" | "SIGTERM") => {
    node.url = undefined;
    node.downSinceMs = Date.now();
    node.process.child.kill(signal);
    if (signal === "SIGKILL") await node.process.exited;
  };
  const startAgain = async (node: FleetNode) => {
    await node.process.exited;
    logs.push(node.process.output());
    node.process = launch(node.name, node.region);
    node.url = await node.process.url();
    disturbances.push({ kind: "down", fromMs: node.downSinceMs ?? Date.now(), toMs: Date.now() });
  };
  const inflict = async (fault: Fault) => {
    switch (fault.kind) {
      case "kill":
        return stop(nodeAt(fault.node), "SIGKILL");
      case "drain":
        return stop(nodeAt(fault.node), "SIGTERM");
      case "start":
        return startAgain(nodeAt(fault.node));
      case "cut":
        cut = { kind: "cut", fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
        disturbances.push(cut);
        return nats.cut(fault.region);
      case "mend":
        await nats.mend();
        if (cut !== undefined) cut.toMs = Date.now();
    }
  };
  const witnesses = own(
    await startWitnesses(new Map(regions.map((region) => [region, nats.region(region).url])), project.ref),
  );
  return {
    project,
    disturbances,
    heldIn: witnesses.heldIn,
    projectUrl: (region) => `${balancers.get(region)?.url}/p/${project.ref}`,
    nodeUrl(index) {
      const { url } = nodeAt(index);
      if (url === undefined) throw new RangeError(`node ${index} takes no clients`);
      return `${url}/p/${project.ref}`;
    },
    inspect,
    async home() {
      for (const [index, { url }] of nodes.entries()) {
        if (url === undefined) continue;
        if ((await inspect(index).query("replication", { ref: project.ref })) !== null) return index;
      }
      return undefined;
    },
    inflict,
    complaints: () =>
      [...logs, ...nodes.map(({ process }) => process.output())]
        .flatMap((log) => log.split("\n"))
        .filter((line) => /"level":(4|5|6)0|"level":"(warn|error|fatal)"/.test(line)),
    [Symbol.asyncDispose]: endAll,
  };
}
