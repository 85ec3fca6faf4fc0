import { randomBytes } from "node:crypto";
import { type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import type { PresenceAuthor, PresenceEntry, PresencePart } from "@tidewire/protocol/cluster/gossip";
import type { PresenceMember, PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { PresenceDiff, PresenceState } from "@tidewire/protocol/supabase/presence";
import { toPresenceMeta } from "@tidewire/protocol/supabase/presence";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { DiffBatch, toPresenceState } from "./diff.ts";
import { type DepartureCause, Departures } from "./evidence.ts";
import { HandOver } from "./hand-over.ts";
import { type OwnStep, PresenceRoom } from "./presence-room.ts";
import { type Leases, Replicator, type ReplicatorDeps } from "./replicator.ts";
import type { PresenceChange } from "./state.ts";

/** As long as Supabase's (protocol 5.2). */
const REF_BYTES = 12;

export interface Tracker {
  channelId: string;
  connectionId: string;
  /** `config.presence.key` of the join. */
  key: string;
}

/** What only the node that holds the socket knows of a member. */
export interface SocketEvidence {
  lastByteMs: number;
  pingsOutstanding: number;
  bufferedBytes: number;
  evictAtMs: number | undefined;
}

export interface PresenceDeps {
  self: PresenceAuthor;
  bus: ReplicatorDeps["bus"];
  clock: Pick<Clock, "every" | "after" | "monotonicMs" | "nowMs">;
  leases: Leases;
  log: Pick<Log, "warn">;
  /** Hands a diff to the local members of a room. */
  deliver(room: Room, diff: PresenceDiff): void;
}

interface Tracked {
  room: Room;
  entry: PresenceEntry;
  payloadJson: string;
}

/** Who is present where (protocol 5). Members are told of changes once per event-loop turn. */
export class Presence {
  readonly #deps: PresenceDeps;
  readonly #rooms = new Map<string, { room: Room; presence: PresenceRoom }>();
  readonly #tracked = new Map<string, Tracked>();
  readonly #departures = new Departures();
  readonly #handOver: HandOver;
  readonly #replicator: Replicator;
  readonly #batches = new Map<string, { room: Room; batch: DiffBatch }>();
  #flushing: NodeJS.Immediate | undefined;
  #version = 0;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
    this.#handOver = new HandOver(deps.clock, (...end) => this.#endHandOver(...end));
    this.#replicator = new Replicator({
      self: deps.self,
      bus: deps.bus,
      clock: deps.clock,
      leases: deps.leases,
      log: deps.log,
      ownPart: (room) => this.#ownPart(room),
      roomOf: (room) => this.#roomOf(room),
      onChange: (room, change) => this.#changed(room, change),
      onSet: (entry) => this.#handOver.taken(entry),
      onForgotten: (room) => this.#rooms.delete(toRoomKey(room)),
    });
  }

  /** Replaces the channel's whole payload; an identical one changes nothing and is not told (protocol 5.2). */
  track(room: Room, { channelId, connectionId, key }: Tracker, payload: Record<string, unknown>): void {
    const payloadJson = JSON.stringify(payload);
    const previous = this.#tracked.get(channelId);
    if (previous?.payloadJson === payloadJson) return;
    const before = previous?.entry ?? this.#toTakeOver(room, key, payload);
    const entry: PresenceEntry = {
      channel: channelId,
      connection: connectionId,
      key,
      meta: toMeta(payload, before),
      sinceMs: before?.sinceMs ?? this.#deps.clock.nowMs(),
    };
    this.#tracked.set(channelId, { room, entry, payloadJson });
    this.#tell(room, this.#roomOf(room).set(entry));
    this.#handOver.taken(entry);
  }

  untrack(room: Room, channelId: string): void {
    this.#remove(room, channelId, "left");
  }

  /** The channel is over, for whatever reason; harmless when it tracked nothing. */
  departed(channelId: string, cause: DepartureCause, silentMs?: number): void {
    const tracked = this.#tracked.get(channelId);
    if (tracked === undefined) return;
    if (cause === "drain" && this.#hasHeirs()) this.#beginHandOver(channelId, tracked);
    else this.#remove(tracked.room, channelId, cause, silentMs);
  }

  /** Resolves when every member that was sent away has been taken over by another node, or has had its time. */
  handedOver(): Promise<void> {
    return this.#handOver.done();
  }

  /** What a `presence_state` says now. */
  state(room: Room): PresenceState {
    const presence = this.#rooms.get(toRoomKey(room))?.presence;
    return presence === undefined ? {} : toPresenceState(presence.state.members());
  }

  /**
   * To be awaited before a member joins that is shown the state: resolves when other nodes have said who is present, at
   * once when there are none, and after a quarter of a second at the latest.
   */
  prepare(room: Room): Promise<void> {
    return this.#replicator.prepare(room);
  }

  /** The first local member joined the room: hear of other nodes' members. */
  watch(room: Room): void {
    this.#replicator.watch(room);
  }

  /** The last local member left the room. */
  unwatch(room: Room): void {
    this.#replicator.unwatch(room);
  }

  /** A node's lease is lost: its members are not shown until it returns. */
  leaseLost(boot: string): void {
    for (const { room, presence } of this.#rooms.values()) {
      const change = presence.state.setVisible(boot, false);
      for (const { key, node } of change.left) {
        this.#recordDeparture(room, { key, node, cause: "node-down" });
      }
      this.#changed(room, change);
    }
    this.#replicator.hide(boot);
  }

  /** A node beats, for the first time or again: its members are shown once it has said who they are. */
  leaseRenewed(boot: string): void {
    this.#replicator.confirm(boot);
  }

  /** This node's members of a project, with the evidence of their sockets. */
  snapshot(
    ref: string,
    evidenceOf: (connectionId: string) => SocketEvidence | undefined,
    topic?: string,
  ): PresenceSnapshot {
    const { self } = this.#deps;
    const topics: PresenceSnapshot["topics"] = [];
    const members: PresenceMember[] = [];
    for (const { room, presence } of this.#rooms.values()) {
      if (room.ref !== ref) continue;
      const own = presence.state.part(self.boot)?.members ?? [];
      topics.push({ topic: room.topic, private: room.private, members: own.length, ...presence.churn });
      if (topic !== undefined && topic !== room.topic) continue;
      for (const entry of own) members.push(toMember(room, entry, self, evidenceOf(entry.connection)));
    }
    return { node: self.node, topics, members, departures: [...this.#departures.of(ref)] };
  }

  /** The channel that holds a meta, to evict it; undefined when it is not on this node. */
  channelOf(ref: string, phxRef: string): { channelId: string; connectionId: string } | undefined {
    for (const [channelId, { room, entry }] of this.#tracked) {
      if (room.ref === ref && entry.meta.phx_ref === phxRef)
        return { channelId, connectionId: entry.connection };
    }
    return undefined;
  }

  forget(ref: string): void {
    this.#departures.forget(ref);
  }

  close(): void {
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    this.#handOver.close();
    this.#replicator.close();
  }

  #remove(room: Room, channelId: string, cause: DepartureCause, silentMs?: number): void {
    const tracked = this.#tracked.get(channelId);
    if (tracked === undefined) return;
    this.#tracked.delete(channelId);
    this.#recordDeparture(room, { key: tracked.entry.key, node: this.#deps.self.node, cause, silentMs });
    this.#tell(room, this.#roomOf(room).remove(channelId));
  }

  #tell(room: Room, step: OwnStep): void {
    this.#changed(room, step.change);
    this.#replicator.tell(room, step);
  }

  /** Somebody else whom a client that is sent away could come back to. */
  #hasHeirs(): boolean {
    return this.#deps.leases.peers().some(({ health }) => health === "healthy" || health === "suspect");
  }

  #beginHandOver(channelId: string, tracked: Tracked): void {
    const entry: PresenceEntry = { ...tracked.entry, leaving: true };
    this.#tracked.set(channelId, { ...tracked, entry });
    this.#tell(tracked.room, this.#roomOf(tracked.room).set(entry));
    this.#handOver.begin(tracked.room, entry);
  }

  #endHandOver(room: Room, channelId: string, isTaken: boolean): void {
    if (!isTaken) {
      this.#remove(room, channelId, "drain");
      return;
    }
    this.#tracked.delete(channelId);
    this.#tell(room, this.#roomOf(room).remove(channelId));
  }

  /** The member of the same key that another node sends away; of several the one that says the same. */
  #toTakeOver(room: Room, key: string, payload: Record<string, unknown>): PresenceEntry | undefined {
    const leaving = this.#roomOf(room).state.leaving(key);
    return leaving.find((entry) => saysTheSame(entry, payload)) ?? leaving[0];
  }

  #recordDeparture(
    { ref, topic }: Room,
    departure: { key: string; node: string; cause: DepartureCause; silentMs?: number },
  ): void {
    this.#departures.record(ref, { atMs: this.#deps.clock.nowMs(), topic, ...departure });
  }

  #ownPart(room: Room): PresencePart {
    const { self } = this.#deps;
    const author = { node: self.node, region: self.region, boot: self.boot };
    const part = this.#rooms.get(toRoomKey(room))?.presence.state.part(self.boot);
    return part ?? { author, version: this.#version, members: [] };
  }

  #roomOf(room: Room): PresenceRoom {
    const key = toRoomKey(room);
    const known = this.#rooms.get(key);
    if (known !== undefined) return known.presence;
    const presence = new PresenceRoom(this.#deps.self, () => ++this.#version);
    this.#rooms.set(key, { room, presence });
    return presence;
  }

  #changed(room: Room, change: PresenceChange): void {
    if (change.joined.length === 0 && change.left.length === 0) return;
    const key = toRoomKey(room);
    const pending = this.#batches.get(key);
    if (pending?.batch.touches(change)) this.#flushRoom(key);
    const { batch } = this.#batches.get(key) ?? { batch: new DiffBatch() };
    batch.add(change);
    this.#batches.set(key, { room, batch });
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** Tells members what changed so far; by itself once per turn, and by a drain before the sockets close. */
  flush(): void {
    if (this.#flushing !== undefined) clearImmediate(this.#flushing);
    this.#flushing = undefined;
    for (const key of [...this.#batches.keys()]) this.#flushRoom(key);
  }

  #flushRoom(key: string): void {
    const pending = this.#batches.get(key);
    if (pending === undefined) return;
    this.#batches.delete(key);
    for (const diff of pending.batch.toDiffs()) this.#deps.deliver(pending.room, diff);
  }
}

/** Of a member that is taken over and says the same the meta is the same, reference and all. */
function toMeta(payload: Record<string, unknown>, before: PresenceEntry | undefined): PresenceEntry["meta"] {
  if (before?.leaving && saysTheSame(before, payload)) return before.meta;
  return toPresenceMeta(payload, randomBytes(REF_BYTES).toString("base64url"), before?.meta.phx_ref);
}

function saysTheSame({ meta }: PresenceEntry, payload: Record<string, unknown>): boolean {
  const { phx_ref: _, phx_ref_prev: __, ...said } = meta;
  const { phx_ref: ___, phx_ref_prev: ____, ...says } = payload;
  return JSON.stringify(said) === JSON.stringify(says);
}

function toMember(
  room: Room,
  entry: PresenceEntry,
  { node, region }: PresenceAuthor,
  evidence: SocketEvidence | undefined,
): PresenceMember {
  const { phx_ref: phxRef, ...meta } = entry.meta;
  return {
    topic: room.topic,
    private: room.private,
    key: entry.key,
    phxRef,
    metaJson: JSON.stringify(meta),
    node,
    region,
    channel: entry.channel,
    connection: entry.connection,
    sinceMs: entry.sinceMs,
    ...evidence,
    state: entry.leaving || (evidence !== undefined && evidence.pingsOutstanding > 0) ? "suspect" : "live",
  };
}
