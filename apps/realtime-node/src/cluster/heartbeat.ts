import type { NodeRow, NodeStore } from "@tidewire/db/node-store";
import type { Beat } from "@tidewire/protocol/cluster/beat";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Clock, Timer } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
import type { Identity } from "./identity.ts";
import type { Membership } from "./membership.ts";

const BUS_BEAT_MS = 1_000;
const ROW_BEAT_MS = 5_000;
/** A goodbye is a courtesy: the lease ends anyway. */
const GOODBYE_MS_MAX = 2_000;

/** What a beat reports, read at the moment of the beat. */
export interface Vitals {
  connections: number;
  /** Sockets with at least one channel, per project; projects without any are left out. */
  users: Record<string, number>;
  metrics: Record<string, unknown>;
}

interface Options {
  identity: Identity;
  /** Where clients and the dashboard reach this node. */
  urls: { url: string; adminUrl: string };
  bus: { publish(subject: string, data: Uint8Array): void; flush(): Promise<void> };
  store: Pick<NodeStore, "beat" | "remove">;
  peers: Pick<Membership, "onPeer">;
  clock: Clock;
  log: Log;
  vitals: () => Vitals;
  /** A later life of this node holds its row: this process is a ghost and should leave. */
  onSuperseded: () => void;
}

/**
 * Says "I am alive": on the bus every second, where peers decide about leases, and in the control database every five
 * seconds, where the dashboard looks. A change of state is said at once, and a node that appears is answered: it
 * would know of nobody for a second, and a drain of it would find no heirs. The database being away stops neither.
 */
export class Heartbeat {
  readonly #options: Options;
  readonly #timers: Timer[] = [];
  #stopAnswering: (() => void) | undefined;
  #state: Beat["state"] = "ready";
  #writing: Promise<void> | undefined;
  #writeAgain = false;
  #failing = false;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    const { clock, peers } = this.#options;
    this.#stopAnswering = peers.onPeer(({ from, to }) => {
      if (to !== "down" && (from === null || from === "down")) this.#publish();
    });
    this.#timers.push(
      clock.every(BUS_BEAT_MS, () => this.#publish()),
      clock.every(ROW_BEAT_MS, () => void this.#writeRow()),
    );
    this.#publish();
    void this.#writeRow();
  }

  /** Resolves when the control database has it, or did not answer. */
  async announce(state: "ready" | "draining"): Promise<void> {
    this.#state = state;
    this.#publish();
    await this.#writeRow();
  }

  /** The last words: peers need not wait for the lease to end. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.stop();
    this.#stopAnswering?.();
    this.#state = "gone";
    this.#publish();
    const { clock, log } = this.#options;
    await within("the goodbye", this.#sayGoodbye(), { timeoutMs: GOODBYE_MS_MAX, clock }).catch(
      (err: unknown) => {
        log.warn({ err }, "not everybody was told that this node leaves");
      },
    );
  }

  async #sayGoodbye(): Promise<void> {
    const { bus, store, identity } = this.#options;
    await bus.flush();
    await this.#writing;
    await store.remove(identity.node, identity.boot);
  }

  #publish(): void {
    const { identity, urls, bus, clock, vitals } = this.#options;
    const { node, boot, region } = identity;
    const beat: Beat = {
      node,
      boot,
      region,
      atMs: clock.nowMs(),
      state: this.#state,
      url: urls.url,
      users: vitals().users,
    };
    bus.publish(subjects.beat(), new TextEncoder().encode(JSON.stringify(beat)));
  }

  /** One write at a time; a wish that comes meanwhile is one more write with the newest values. */
  async #writeRow(): Promise<void> {
    if (this.#writing !== undefined) {
      this.#writeAgain = true;
      return this.#writing;
    }
    this.#writing = this.#writeUntilCurrent();
    await this.#writing;
    this.#writing = undefined;
  }

  async #writeUntilCurrent(): Promise<void> {
    do {
      this.#writeAgain = false;
      await this.#writeOnce();
    } while (this.#writeAgain && this.#state !== "gone");
  }

  async #writeOnce(): Promise<void> {
    const { store, log, onSuperseded } = this.#options;
    try {
      const isOurs = await store.beat(this.#row());
      if (this.#failing) log.info({}, "the control database takes beats again");
      this.#failing = false;
      if (!isOurs) onSuperseded();
    } catch (err) {
      if (!this.#failing) log.warn({ err }, "the control database does not take beats; serving on");
      this.#failing = true;
    }
  }

  #row(): NodeRow {
    const { identity, urls, clock, vitals } = this.#options;
    const { connections, metrics } = vitals();
    return {
      id: identity.node,
      boot: identity.boot,
      region: identity.region,
      ...urls,
      pid: process.pid,
      version: identity.version,
      state: this.#state,
      connections,
      startedAtMs: identity.startedAtMs,
      beatAtMs: clock.nowMs(),
      metrics,
    };
  }
}
