import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import { CLOCKS_APART_MS_MAX, type Clock } from "../clock.ts";
import { bootOf } from "./sequence.ts";

/** A node that is back is asked with more patience for this long. */
const SHAKEN_MS = 10_000;

/** The other nodes, as far as the relay needs them; `cluster/membership` is one. */
export interface Peers {
  peers(): readonly { readonly boot: string; readonly health: NodeHealth }[];
  /** What to add to a node's time for the latest time, by our clock, that it can have been; undefined of a stranger. */
  clockLagMs(boot: string): number | undefined;
  /** Returns the way to stop listening. */
  onPeer(
    listener: (event: { peer: { boot: string }; from: NodeHealth | null; to: NodeHealth }) => void,
  ): () => void;
}

interface Options {
  /** This life of this node. */
  boot: string;
  clock: Clock;
  /** Absent on a node that has no others. */
  peers: Peers | undefined;
  /** Heard again, or for the first time: what it said meanwhile may not have come. */
  onBack(boot: string): void;
  onGone(boot: string): void;
  onDraining(boot: string): void;
}

/** Who else is there to ask about broadcasts, and how far each may be relied on. */
export class Neighbours {
  readonly #options: Options;
  /** Nodes that were silent a moment ago. */
  readonly #shakenUntilMs = new Map<string, number>();
  readonly #stopListening: () => void;

  constructor(options: Options) {
    this.#options = options;
    this.#stopListening = options.peers?.onPeer((event) => this.#onPeer(event)) ?? (() => {});
  }

  /** Boots of all that are not down. */
  alive(): string[] {
    return this.#those((health) => health !== "down");
  }

  draining(): string[] {
    return this.#those((health) => health === "draining");
  }

  /** Boots of those that will be there for a while. */
  staying(): string[] {
    return this.#those((health) => health === "healthy" || health === "suspect");
  }

  /** Whether the node that counted this origin is alive; nobody needs to speak for it then. */
  speaksForItself(origin: string): boolean {
    const boot = bootOf(origin);
    return boot === this.#options.boot || this.alive().includes(boot);
  }

  /** Whether that node could be reached for a while; questions to one that is just back may get lost. */
  isSteady(boot: string): boolean {
    return this.#options.clock.monotonicMs() >= (this.#shakenUntilMs.get(boot) ?? 0);
  }

  /** The latest time, by our clock, at which the node that counted `origin` can have said `atMs`. */
  latestOwnMs(origin: string, atMs: number): number {
    const { boot, peers } = this.#options;
    if (bootOf(origin) === boot) return atMs;
    return atMs + (peers?.clockLagMs(bootOf(origin)) ?? CLOCKS_APART_MS_MAX);
  }

  close(): void {
    this.#stopListening();
  }

  #onPeer({ peer: { boot }, from, to }: Parameters<Parameters<Peers["onPeer"]>[0]>[0]): void {
    const { clock, onBack, onGone, onDraining } = this.#options;
    if (to === "suspect" || from === "suspect" || from === "down") {
      this.#shakenUntilMs.set(boot, clock.monotonicMs() + SHAKEN_MS);
    }
    if (to === "down") this.#shakenUntilMs.delete(boot);
    const wasSilent = from === null || from === "down" || from === "suspect";
    if (wasSilent && to !== "down" && to !== "suspect") onBack(boot);
    if (to === "down") onGone(boot);
    if (to === "draining") onDraining(boot);
  }

  #those(isMeant: (health: NodeHealth) => boolean): string[] {
    const peers = this.#options.peers?.peers() ?? [];
    return peers.filter(({ health }) => isMeant(health)).map(({ boot }) => boot);
  }
}
