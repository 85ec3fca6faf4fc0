import type { Clock, Timer } from "../clock.ts";
import { databaseAddress, measureConnect } from "./measure-connect.ts";
import { type RoundTrips, RttWindow } from "./rtt-window.ts";

const PROBE_MS = 10_000;
const CONNECT_MS_MAX = 2_000;
/** Many projects share a server; a node with more servers than this measures the first ones. */
const SERVERS_MAX = 500;

interface Options {
  clock: Clock;
  /** Projects whose database matters to this node now, with its URL. */
  databases: () => Iterable<{ ref: string; databaseUrl: string }>;
  /** Default: the time of a TCP connection. */
  measure?: typeof measureConnect;
}

/** How far this node is from the databases it has to do with. The owner closes it. */
export class DatabaseProbes {
  readonly #options: Options;
  readonly #windows = new Map<string, RttWindow>();
  readonly #timer: Timer;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = options.clock.every(PROBE_MS, () => this.#probeAll());
  }

  /** Undefined while nothing was measured. */
  route(databaseUrl: string): RoundTrips | undefined {
    const address = databaseAddress(databaseUrl);
    if (address === undefined) return undefined;
    return this.#windows.get(address)?.summary(this.#options.clock.monotonicMs());
  }

  /** The known median, or a first measurement of its own. Null when the database cannot be reached in time. */
  async rttMs(databaseUrl: string, timeoutMs: number): Promise<number | null> {
    const known = this.route(databaseUrl);
    if (known !== undefined) return known.p50Ms;
    const address = databaseAddress(databaseUrl);
    return address === undefined ? null : this.#probe(address, timeoutMs);
  }

  close(): void {
    this.#timer.stop();
    this.#windows.clear();
  }

  #probeAll(): void {
    const addresses = new Set<string>();
    for (const { databaseUrl } of this.#options.databases()) {
      const address = databaseAddress(databaseUrl);
      if (address !== undefined && addresses.size < SERVERS_MAX) addresses.add(address);
    }
    for (const address of this.#windows.keys()) if (!addresses.has(address)) this.#windows.delete(address);
    for (const address of addresses) void this.#probe(address, CONNECT_MS_MAX);
  }

  async #probe(address: string, timeoutMs: number): Promise<number | null> {
    const window = this.#windows.get(address) ?? new RttWindow();
    this.#windows.set(address, window);
    const { clock, measure = measureConnect } = this.#options;
    const rttMs = await measure(address, timeoutMs);
    window.add(clock.monotonicMs(), rttMs);
    return rttMs;
  }
}
