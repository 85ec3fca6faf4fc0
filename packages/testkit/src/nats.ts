import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";
import { toNatsConfig } from "./nats-config.ts";
import { NatsMonitor } from "./nats-monitor.ts";
import { type NatsProcess, startNatsProcess } from "./nats-process.ts";
import { startTcpRelay, type TcpRelay } from "./tcp-relay.ts";

export { findNatsServer } from "./nats-process.ts";

const LINKED_MS = 60_000;

export interface NatsOptions {
  /** One server each, all joined by gateways. Default: one region, and no gateway. */
  regions?: readonly string[];
  /** Lines of nats-server's own configuration, for every server. */
  settings?: readonly string[];
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
}

/**
 * Starts one nats-server per region. Each gateway link goes through a relay of its own, one per direction, so that a test
 * can slow it down, silence it or cut it.
 *
 * @throws Error when this machine has no nats-server; ask `findNatsServer` first
 */
export async function startNats({ regions: names = ["local"], settings }: NatsOptions = {}): Promise<Nats> {
  const folder = mkdtempSync(path.join(tmpdir(), "tidewire-nats-"));
  const links: Link[] = [];
  const running: { name: string; server: NatsProcess }[] = [];
  const closeAll = async () => {
    await Promise.all(running.map(({ server }) => server.kill()));
    await Promise.all(links.map(({ relay }) => relay.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ports = await freePorts(names.length * 3);
    const places = names.map((name, index) => {
      const [clientPort = 0, monitorPort = 0, gatewayPort = 0] = ports.slice(index * 3);
      return { name, clientPort, monitorPort, gatewayPort };
    });
    for (const from of names) {
      for (const { name: to, gatewayPort } of places) {
        if (to !== from) links.push({ from, to, relay: await startTcpRelay({ port: gatewayPort }) });
      }
    }
    const regions = await Promise.all(
      places.map(async ({ name, clientPort, monitorPort, gatewayPort }) => {
        const others = links
          .filter(({ from }) => from === name)
          .map(({ to, relay }) => ({ region: to, port: relay.port }));
        const gateway = names.length > 1 ? { region: name, port: gatewayPort, others } : undefined;
        const monitorUrl = `http://127.0.0.1:${monitorPort}`;
        const server = await startNatsProcess({
          file: path.join(folder, `${name}.conf`),
          config: toNatsConfig({ clientPort, monitorPort, gateway, settings }),
          monitorUrl,
        });
        running.push({ name, server });
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
    const link = this.#links.find((each) => each.from === from && each.to === to);
    if (link === undefined) throw new RangeError(`there is no link from ${from} to ${to}`);
    return link.relay;
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
}
