import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNats } from "@tidewire/testkit/nats";
import { startTestPostgres } from "@tidewire/testkit/postgres";
import {
  createTestControlPlane,
  createTestProject,
} from "../../../apps/realtime-node/test/harness/control-plane.ts";
import { type ServerProcess, startServer } from "../servers/server-process.ts";

const UNLIMITED = 10_000_000;
/** What `/proc/<pid>/stat` counts in. */
const TICK_MS = 10;

export interface ClusterUnderTest extends AsyncDisposable {
  readonly nodes: readonly ServerProcess[];
  /** Of all nats-servers together. */
  natsCpuMs(): number;
}

/** As many nodes as regions, each a process of its own beside its own nats-server; gateways join the regions. */
export async function startClusterUnderTest(regions: readonly string[]): Promise<ClusterUnderTest> {
  const ends: (() => PromiseLike<unknown>)[] = [];
  const own = <T extends AsyncDisposable>(resource: T): T => {
    ends.push(() => resource[Symbol.asyncDispose]());
    return resource;
  };
  const endAll = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const stateDir = await mkdtemp(join(tmpdir(), "tidewire-bench-"));
    ends.push(() => rm(stateDir, { recursive: true, force: true }));
    const postgres = own(await startTestPostgres({ settings: { wal_level: "logical" } }));
    const control = own(await createTestControlPlane(postgres));
    const limits = {
      maxConcurrentUsers: UNLIMITED,
      maxChannelsPerClient: UNLIMITED,
      maxJoinsPerSecond: UNLIMITED,
      maxEventsPerSecond: UNLIMITED,
    };
    const project = await createTestProject(control, postgres, { limits });
    const nats = own(await startNats({ regions }));
    const nodeSecret = randomBytes(32).toString("hex");
    const nodes: ServerProcess[] = [];
    for (const region of regions) {
      const env = {
        BENCH_REF: project.ref,
        BENCH_KEY: project.keys.publishable.value,
        NATS_URL: nats.region(region).url,
        TIDEWIRE_NODE_ID: region,
        TIDEWIRE_REGION: region,
        TIDEWIRE_PORT: "0",
        TIDEWIRE_ADMIN_PORT: "0",
        TIDEWIRE_CONTROL_DATABASE_URL: control.nodeUrl,
        TIDEWIRE_SECRETS_KEY: control.secretsKey,
        TIDEWIRE_NODE_SECRET: nodeSecret,
        TIDEWIRE_STATE_DIR: join(stateDir, region),
      };
      nodes.push(own(await startServer("./cluster-node.ts", env)));
    }
    return {
      nodes,
      natsCpuMs: () => nats.regions.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
      [Symbol.asyncDispose]: endAll,
    };
  } catch (error) {
    await endAll();
    throw error;
  }
}

/** User and system time of any process of this machine. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
