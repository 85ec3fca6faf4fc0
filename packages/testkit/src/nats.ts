import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";
import { type GatewayDoor, openGatewayDoor } from "./gateway-door.ts";
import { GatewayWatch } from "./gateway-watch.ts";
import { toNatsConfig } from "./nats-config.ts";
import { NatsMonitor } from "./nats-monitor.ts";
import { type NatsProcess, startNatsProcess } from "./nats-process.ts";
import { startTcpRelay, type TcpRelay } from "./tcp-relay.ts";

export { findNatsServer } from "./nats-process.ts";

const LINKED_MS = 60_000;
/** Between finding a free port and using it another process may take it. */
const PORT_ATTEMPTS = 5;

export interface NatsOptions {
  /** One server each, all joined by gateways. Default: one region, and no gateway. */
  regions?: readonly string[];
  /** Lines of nats-server's own configuration, for every server. */
  settings?: readonly string[];
  /** Reads what crosses the gateways and keeps it, for `crossing`. */
  watch?: boolean;
}

export interface NatsRegion {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly monitor: NatsMonitor;
  readonly pid: number;
  output(): string;
  /** As a power cut: clients and other regions lose it at once. */
  kill(): Promise<void>;
  /** Again on the same ports. Links to other regions come back by themselves within a few seconds. */
  start(): Promise<void>;
}

/** Real nats-servers, one per region, joined as in production. `await using` ends them. */
export interface Nats extends AsyncDisposable {
  readonly regions: readonly NatsRegion[];
  /** Of the first region. */
  readonly url: string;
  /** @throws RangeError when there is no such region */
  region(name: string): NatsRegion;
  /** What carries messages of `from` to `to`. To slow a pair down, ask for both directions. */
  link(from: string, to: string): TcpRelay;
  /** What has crossed from one region to another. @throws RangeError unless asked to watch */
  crossing(from: string, to: string): GatewayWatch;
  /** Takes one region away from the others, or one pair apart. Resolves when the servers have noticed. */
  cut(region: string, other?: string): Promise<void>;
  /** Resolves when every region reaches every other again. */
  mend(): Promise<void>;
  /** Every region that runs reaches every other that runs. */
  linked(): Promise<void>;
}

interface Link {
  from: string;
  to: string;
  relay: TcpRelay;
  watch: GatewayWatch | undefined;
}

/**
 * Starts one nats-server per region. Each gateway link goes through a relay of its own, one per direction, so that a test
 * can slow it down, silence it or cut it.
 *
 * @throws Error when this machine has no nats-server; ask `findNatsServer` first
 */
export async function startNats(options: NatsOptions = {}): Promise<Nats> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function startOnce(options: NatsOptions): Promise<Nats> {
  const { regions: names = ["local"], settings, watch = false } = options;
  const folder = mkdtempSync(path.join(tmpdir(), "tidewire-nats-"));
  const running: NatsProcess[] = [];
  const links: Link[] = [];
  const doors: GatewayDoor[] = [];
  const closeAll = async () => {
    await Promise.all(running.map((server) => server.kill()));
    await Promise.all([...links.map(({ relay }) => relay.close()), ...doors.map((door) => door.close())]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const places = await findPlaces(names);
    for (const to of names.length > 1 ? places : []) {
      const toHere = await openLinks(to, names, watch);
      links.push(...toHere);
      doors.push(
        await openGatewayDoor(to.gatewayPort, (from) => toHere.find((link) => link.from === from)?.relay),
      );
    }
    const addresses = names.map((region, index) => ({ region, port: doors[index]?.port ?? 0 }));
    const regions = await Promise.all(
      places.map(async ({ name, clientPort, monitorPort, gatewayPort }, index) => {
        const gateway = {
          region: name,
          port: gatewayPort,
          advertisedPort: addresses[index]?.port ?? 0,
          others: addresses.filter(({ region }) => region !== name),
        };
        const monitorUrl = `http://127.0.0.1:${monitorPort}`;
        const server = await startNatsProcess({
          file: path.join(folder, `${name}.conf`),
          config: toNatsConfig({
            clientPort,
            monitorPort,
            gateway: names.length > 1 ? gateway : undefined,
            settings,
          }),
          monitorUrl,
        });
        running.push(server);
        return toRegion(name, clientPort, new NatsMonitor(monitorUrl), server);
      }),
    );
    const nats = new TestNats(regions, links, closeAll);
    await nats.linked();
    return nats;
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Place {
  name: string;
  clientPort: number;
  monitorPort: number;
  gatewayPort: number;
}

async function findPlaces(names: readonly string[]): Promise<Place[]> {
  const ports = await freePorts(names.length * 3);
  return names.map((name, index) => {
    const [clientPort = 0, monitorPort = 0, gatewayPort = 0] = ports.slice(index * 3);
    return { name, clientPort, monitorPort, gatewayPort };
  });
}

/** One relay for each other region that sends to this one. */
async function openLinks(to: Place, names: readonly string[], watch: boolean): Promise<Link[]> {
  const others = names.filter((name) => name !== to.name);
  return Promise.all(
    others.map(async (from) => {
      const relay = await startTcpRelay({ port: to.gatewayPort });
      return { from, to: to.name, relay, watch: watch ? new GatewayWatch(relay) : undefined };
    }),
  );
}

function toRegion(name: string, port: number, monitor: NatsMonitor, server: NatsProcess): NatsRegion {
  return {
    name,
    port,
    url: `nats://127.0.0.1:${port}`,
    monitor,
    get pid() {
      return server.pid;
    },
    output: () => server.output(),
    kill: () => server.kill(),
    start: () => server.start(),
  };
}

class TestNats implements Nats {
  readonly regions: readonly NatsRegion[];
  readonly #links: readonly Link[];
  readonly #closeAll: () => Promise<void>;

  constructor(regions: readonly NatsRegion[], links: readonly Link[], closeAll: () => Promise<void>) {
    this.regions = regions;
    this.#links = links;
    this.#closeAll = closeAll;
  }

  get url(): string {
    return this.regions[0]?.url ?? "";
  }

  region(name: string): NatsRegion {
    const region = this.regions.find((each) => each.name === name);
    if (region === undefined) throw new RangeError(`there is no region ${name}`);
    return region;
  }

  link(from: string, to: string): TcpRelay {
    return this.#link(from, to).relay;
  }

  crossing(from: string, to: string): GatewayWatch {
    const { watch } = this.#link(from, to);
    if (watch === undefined) throw new RangeError("the gateways are not watched");
    return watch;
  }

  async cut(region: string, other?: string): Promise<void> {
    const pairs = this.#links.filter(({ from, to }) => {
      if (from !== region && to !== region) return false;
      return other === undefined || from === other || to === other;
    });
    for (const { relay } of pairs) relay.cut();
    await eventually(
      async () => {
        for (const { from, to } of pairs) {
          if (!this.region(from).pid) continue;
          const { to: reached } = await this.region(from).monitor.links();
          if (reached.includes(to)) throw new Error(`${from} still reaches ${to}`);
        }
      },
      { withinMs: LINKED_MS },
    );
  }

  async mend(): Promise<void> {
    for (const { relay } of this.#links) relay.mend();
    await this.linked();
  }

  async linked(): Promise<void> {
    const running = this.regions.filter(({ pid }) => pid > 0);
    await eventually(
      async () => {
        for (const { name, monitor } of running) {
          const { to, from } = await monitor.links();
          const missing = running.filter(
            (other) => other.name !== name && !(to.includes(other.name) && from.includes(other.name)),
          );
          if (missing.length > 0)
            throw new Error(`${name} has no link with ${missing.map((each) => each.name)}`);
        }
      },
      { withinMs: LINKED_MS },
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closeAll();
  }

  #link(from: string, to: string): Link {
    const link = this.#links.find((each) => each.from === from && each.to === to);
    if (link === undefined) throw new RangeError(`there is no link from ${from} to ${to}`);
    return link;
  }
}
