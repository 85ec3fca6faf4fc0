import type { Beat, NodeHealth } from "@tidewire/protocol/cluster/beat";

/** Beats come every second: two missed ones are a doubt, four are a death (promise P4: members gone within 5 s). */
export interface PeerLimits {
  suspectMs: number;
  downMs: number;
  /** A dead peer is remembered this long, so that its return is told as a return and not as a birth. */
  forgetMs: number;
}
export const PEER_LIMITS: PeerLimits = { suspectMs: 2_000, downMs: 4_000, forgetMs: 60_000 };

/** One life of another node, under the lease that its beats renew. */
export interface Peer {
  readonly node: string;
  readonly boot: string;
  readonly region: string;
  readonly health: NodeHealth;
  /** Where clients reach it; nodes of an earlier version do not say. */
  readonly url: string | undefined;
  /** By this node's monotonic clock: peers' clocks may differ. */
  readonly lastBeatMs: number;
  /** Of its last beats, in order: our wall clock at the arrival minus its own at the sending. */
  readonly lagsMs: readonly number[];
  /** Connected users per project, for quotas that count in the whole cluster. */
  readonly users: Readonly<Record<string, number>>;
}

/** Keyed by boot. */
export type Peers = ReadonlyMap<string, Peer>;

/** `from` is null for a boot never heard before. `to: "down"` ends the lease: whatever the boot announced is void. */
export interface PeerEvent {
  peer: Peer;
  from: NodeHealth | null;
  to: NodeHealth;
}

export interface PeersStep {
  peers: Peers;
  events: PeerEvent[];
}

/** As many beats say how far clocks are apart; one that was set anew is believed after as many seconds. */
const LAGS_KEPT = 8;

/**
 * To be added to a peer's time to have the latest time, by our clock, at which it can have been: a beat takes a moment, so
 * the quickest of the last ones says it best.
 */
export function clockLagMs({ lagsMs }: Peer): number {
  return Math.min(...lagsMs);
}

/** A beat arrived, by the monotonic clock and by the wall. An older boot of the same node is down at once: two lives of one node cannot both be true. */
export function heard(peers: Peers, beat: Beat, nowMs: number, wallMs: number): PeersStep {
  const known = peers.get(beat.boot);
  const isOlderLife = [...peers.values()].some((peer) => peer.node === beat.node && peer.boot > beat.boot);
  if (isOlderLife) return { peers, events: [] };

  const next = new Map(peers);
  const events: PeerEvent[] = [];
  for (const peer of peers.values()) {
    if (peer.node !== beat.node || peer.boot === beat.boot || peer.health === "down") continue;
    events.push(change(next, peer, "down"));
  }
  const health = toHealth(beat.state);
  const { node, boot, region, url, users = {} } = beat;
  const lagsMs = [...(known?.lagsMs ?? []), wallMs - beat.atMs].slice(-LAGS_KEPT);
  const peer: Peer = { node, boot, region, health, url, lastBeatMs: nowMs, lagsMs, users };
  next.set(boot, peer);
  if (known?.health !== health && !(known === undefined && health === "down")) {
    events.push({ peer, from: known?.health ?? null, to: health });
  }
  return { peers: next, events };
}

/** Time passed. */
export function sweep(peers: Peers, nowMs: number, limits: PeerLimits): PeersStep {
  const next = new Map(peers);
  const events: PeerEvent[] = [];
  for (const [boot, peer] of peers) {
    const silentMs = nowMs - peer.lastBeatMs;
    if (peer.health === "down") {
      if (silentMs > limits.forgetMs) next.delete(boot);
    } else if (silentMs >= limits.downMs) events.push(change(next, peer, "down"));
    else if (silentMs >= limits.suspectMs && peer.health === "healthy")
      events.push(change(next, peer, "suspect"));
  }
  return { peers: next, events };
}

/** This process itself was asleep for `stalledMs`: nobody else is to blame for the beats it did not read. */
export function excuse(peers: Peers, stalledMs: number): Peers {
  return new Map(
    [...peers].map(([boot, peer]) => [boot, { ...peer, lastBeatMs: peer.lastBeatMs + stalledMs }]),
  );
}

function change(peers: Map<string, Peer>, peer: Peer, to: NodeHealth): PeerEvent {
  const changed = { ...peer, health: to };
  peers.set(peer.boot, changed);
  return { peer: changed, from: peer.health, to };
}

function toHealth(state: Beat["state"]): NodeHealth {
  if (state === "gone") return "down";
  return state === "draining" ? "draining" : "healthy";
}
