import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { PresenceDiff } from "@tidewire/protocol/supabase/presence";
import type { Bus } from "../src/bus/bus.ts";
import type { Clock } from "../src/clock.ts";
import { createLog } from "../src/log.ts";
import { Presence } from "../src/presence/presence.ts";
import { UnreliableBus } from "./unreliable-bus.ts";

const log = createLog({ level: "silent", fields: {} });
export const ROOM: Room = { ref: "demo0000000000000000", topic: "room", private: false };

/** Time that runs faster, so that digests and leases of seconds can be waited for. */
export function createFastClock(factor: number): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now() * factor,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / factor);
      return { stop: () => clearTimeout(timer) };
    },
    every(periodMs, run) {
      const timer = setInterval(run, periodMs / factor);
      return { stop: () => clearInterval(timer) };
    },
  };
}

/** What one client's library would show: the state it was given, and every diff since. */
class ClientView {
  readonly #refs = new Map<string, string>();

  constructor(state: Record<string, { metas: { phx_ref: string }[] }>) {
    this.#join(state);
  }

  apply({ joins, leaves }: PresenceDiff): void {
    this.#join(joins);
    for (const { metas } of Object.values(leaves))
      for (const { phx_ref } of metas) this.#refs.delete(phx_ref);
  }

  refs(): string[] {
    return [...this.#refs.keys()].sort();
  }

  #join(state: Record<string, { metas: { phx_ref: string }[] }>): void {
    for (const [key, { metas }] of Object.entries(state)) {
      for (const { phx_ref } of metas) this.#refs.set(phx_ref, key);
    }
  }
}

export interface PresenceNode {
  readonly boot: string;
  readonly bus: UnreliableBus;
  readonly presence: Presence;
  readonly diffs: PresenceDiff[];
  readonly view: ClientView;
  refs(): string[];
  close(): Promise<void>;
}

/** Who holds whose lease. Set by the test; beats are not the subject here. */
export class TestLeases {
  readonly #nodes = new Map<string, { presence: Presence | undefined; down: Set<string> }>();

  of(boot: string) {
    const own = { presence: undefined as Presence | undefined, down: new Set<string>() };
    this.#nodes.set(boot, own);
    return {
      isAlive: (other: string) => this.#nodes.has(other) && !own.down.has(other),
      peers: () =>
        [...this.#nodes.keys()]
          .filter((other) => other !== boot)
          .map((other) => ({ boot: other, health: own.down.has(other) ? "down" : "healthy" })),
    };
  }

  /** The node is up: it hears of the others, and they of it. */
  start(boot: string, presence: Presence): void {
    const own = this.#nodes.get(boot);
    if (own !== undefined) own.presence = presence;
    for (const [other, { presence: theirs }] of this.#nodes) {
      if (other === boot || theirs === undefined) continue;
      theirs.leaseRenewed(boot);
      presence.leaseRenewed(other);
    }
  }

  /** Both sides take each other for dead. */
  lose(boot: string): void {
    for (const other of this.#others(boot)) {
      this.#lose(boot, other);
      this.#lose(other, boot);
    }
  }

  renew(boot: string): void {
    for (const other of this.#others(boot)) {
      this.#renew(boot, other);
      this.#renew(other, boot);
    }
  }

  /** The process is gone. */
  end(boot: string): void {
    this.lose(boot);
    this.#nodes.delete(boot);
  }

  #others(boot: string): string[] {
    return [...this.#nodes.keys()].filter((other) => other !== boot);
  }

  #lose(observer: string, boot: string): void {
    const node = this.#nodes.get(observer);
    if (node === undefined || node.down.has(boot)) return;
    node.down.add(boot);
    node.presence?.leaseLost(boot);
  }

  #renew(observer: string, boot: string): void {
    const node = this.#nodes.get(observer);
    if (!node?.down.delete(boot)) return;
    node.presence?.leaseRenewed(boot);
  }
}

/** A node with one client in the room, which watches and does not track. */
export async function startPresenceNode(
  boot: string,
  inner: Bus,
  leases: TestLeases,
  clock: Clock,
): Promise<PresenceNode> {
  const bus = new UnreliableBus(inner);
  const diffs: PresenceDiff[] = [];
  let view: ClientView | undefined;
  const presence = new Presence({
    self: { node: `node-${boot}`, region: "eu", boot },
    bus,
    clock,
    leases: leases.of(boot),
    log,
    deliver(_, diff) {
      diffs.push(diff);
      view?.apply(diff);
    },
  });
  leases.start(boot, presence);
  await presence.prepare(ROOM);
  presence.watch(ROOM);
  view = new ClientView(presence.state(ROOM));
  return {
    boot,
    bus,
    presence,
    diffs,
    view,
    refs: () => new ClientView(presence.state(ROOM)).refs(),
    async close() {
      presence.close();
      await bus.close();
    },
  };
}
