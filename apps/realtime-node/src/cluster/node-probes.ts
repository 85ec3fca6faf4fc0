import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Identity } from "./identity.ts";
import type { Peer } from "./peers.ts";
import { type RoundTrips, RttWindow } from "./rtt-window.ts";

const PROBE_MS = 2_000;
const ANSWER_MS_MAX = 1_900;
const NOTHING = new Uint8Array(0);

interface Options {
  identity: Identity;
  bus: Pick<Bus, "request" | "subscribe">;
  clock: Clock;
  peers: () => readonly Peer[];
}

export interface PeerRoute extends RoundTrips {
  node: string;
  region: string;
  url: string | undefined;
}

/** Asks every other node for an answer every two seconds, over the way that broadcasts take. The owner closes it. */
export class NodeProbes {
  readonly #options: Options;
  readonly #windows = new Map<string, RttWindow>();
  readonly #answering: Subscription;
  readonly #timer: Timer;

  constructor(options: Options) {
    const { bus, clock, identity } = options;
    this.#options = options;
    const answer = ({ data, respond }: { data: Uint8Array; respond?(data: Uint8Array): void }) =>
      respond?.(data);
    this.#answering = bus.subscribe(subjects.probe(identity.boot), answer, { echo: false });
    this.#timer = clock.every(PROBE_MS, () => this.#probeAll());
  }

  /** Nodes that have answered in the last minute and are not known to be down. */
  routes(): PeerRoute[] {
    const nowMs = this.#options.clock.monotonicMs();
    return this.#alive().flatMap(({ node, boot, region, url }) => {
      const summary = this.#windows.get(boot)?.summary(nowMs);
      return summary === undefined ? [] : [{ node, region, url, ...summary }];
    });
  }

  close(): void {
    this.#timer.stop();
    this.#answering.unsubscribe();
  }

  #alive(): Peer[] {
    return this.#options.peers().filter(({ health }) => health !== "down");
  }

  #probeAll(): void {
    const alive = this.#alive();
    const boots = new Set(alive.map(({ boot }) => boot));
    for (const boot of this.#windows.keys()) if (!boots.has(boot)) this.#windows.delete(boot);
    for (const boot of boots) void this.#probe(boot);
  }

  async #probe(boot: string): Promise<void> {
    const { bus, clock } = this.#options;
    const window = this.#windows.get(boot) ?? new RttWindow();
    this.#windows.set(boot, window);
    const startedMs = clock.monotonicMs();
    const answered = await bus.request(subjects.probe(boot), NOTHING, { timeoutMs: ANSWER_MS_MAX }).then(
      () => true,
      () => false,
    );
    const nowMs = clock.monotonicMs();
    window.add(nowMs, answered ? nowMs - startedMs : null);
  }
}
