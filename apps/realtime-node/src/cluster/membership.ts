import { Beat } from "@tidewire/protocol/cluster/beat";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Identity } from "./identity.ts";
import {
  clockLagMs,
  excuse,
  heard,
  PEER_LIMITS,
  type Peer,
  type PeerEvent,
  type Peers,
  type PeersStep,
  sweep,
} from "./peers.ts";

const SWEEP_MS = 500;
/** A sweep this late means that our own event loop or the whole process stood still. */
const STALL_MS = 1_000;

interface BeatSource {
  subscribe(subject: string, onMessage: (message: { data: Uint8Array }) => void): { unsubscribe(): void };
}

export type PeerListener = (event: PeerEvent) => void;

/** The other nodes as this one sees them. The owner closes it. */
export class Membership {
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<PeerListener>();
  readonly #subscription: { unsubscribe(): void };
  readonly #timer: Timer;
  #peers: Peers = new Map();
  #lastSweepMs: number;

  constructor({
    identity,
    bus,
    clock,
    log,
  }: { identity: Identity; bus: BeatSource; clock: Clock; log: Log }) {
    this.#identity = identity;
    this.#clock = clock;
    this.#log = log;
    this.#lastSweepMs = clock.monotonicMs();
    this.#subscription = bus.subscribe(subjects.beat(), ({ data }) => this.#onBeat(data));
    this.#timer = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Told of every change of health, in order. Returns the way to stop listening. */
  onPeer(listener: PeerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every known life of another node, dead ones included for a minute. */
  peers(): Peer[] {
    return [...this.#peers.values()];
  }

  isAlive(boot: string): boolean {
    const health = this.#peers.get(boot)?.health;
    return health !== undefined && health !== "down";
  }

  /** See `clockLagMs`; undefined of a life that was never heard, or is forgotten. */
  clockLagMs(boot: string): number | undefined {
    const peer = this.#peers.get(boot);
    return peer && clockLagMs(peer);
  }

  /** Connected users of a project on the other nodes, at most a beat old. */
  usersElsewhere(ref: string): number {
    let users = 0;
    for (const peer of this.#peers.values()) if (peer.health !== "down") users += peer.users[ref] ?? 0;
    return users;
  }

  close(): void {
    this.#timer.stop();
    this.#subscription.unsubscribe();
    this.#listeners.clear();
  }

  #onBeat(data: Uint8Array): void {
    const beat = parseBeat(data);
    if (beat === null) {
      this.#log.warn({ bytes: data.byteLength }, "a beat could not be read");
      return;
    }
    if (beat.boot === this.#identity.boot) return;
    this.#apply(heard(this.#peers, beat, this.#clock.monotonicMs(), this.#clock.nowMs()));
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    const lateMs = nowMs - this.#lastSweepMs - SWEEP_MS;
    this.#lastSweepMs = nowMs;
    if (lateMs > STALL_MS) {
      this.#log.warn(
        { lateMs: Math.round(lateMs) },
        "this process stood still; its peers are not blamed for it",
      );
      this.#peers = excuse(this.#peers, lateMs);
    }
    this.#apply(sweep(this.#peers, nowMs, PEER_LIMITS));
  }

  #apply({ peers, events }: PeersStep): void {
    this.#peers = peers;
    for (const event of events) {
      const { peer, from, to } = event;
      this.#log.info({ peer: peer.node, boot: peer.boot, region: peer.region, from, to }, "peer changed");
      for (const listener of this.#listeners) listener(event);
    }
  }
}

function parseBeat(data: Uint8Array): Beat | null {
  try {
    return Beat.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return null;
  }
}
