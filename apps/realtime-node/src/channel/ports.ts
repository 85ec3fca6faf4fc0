import type { ProjectRecord } from "@tidewire/db/node-store";
import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { BindingSpec, ReplayedMessage } from "@tidewire/protocol/cluster/home";
import type { PresenceEviction, ProjectCounters } from "@tidewire/protocol/cluster/inspect";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import type { ErrorCode } from "@tidewire/protocol/errors";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import type { ServerFrame } from "@tidewire/protocol/phoenix/frame";
import type { Broadcast, BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import type { SystemPayload } from "@tidewire/protocol/supabase/system";
import type { Claims, Identity } from "../auth/claims.ts";
import type { Authorizer } from "../auth/policies.ts";
import type { RateKind, RateVerdict } from "../projects/rates.ts";
import type { Frames, WireFrame } from "../socket/wire-frame.ts";
import type { ChangeFrames } from "./change-frames.ts";

/** Everything channels ask of the rest of the node: each port is the few verbs they use, not the module behind it. */
export interface ChannelServices {
  projects: { peek(ref: string): ProjectPort | undefined };
  credentials: { identify(credential: string, record: ProjectRecord): Promise<Identity> };
  home: HomePort;
  hub: HubPort;
  relay: RelayPort;
  presence: PresencePort;
  bindings: BindingsPort;
  changeFrames: ChangeFrames;
  tap: TapPort;
  metrics: MetricsPort;
  log: LogPort;
  /** Epoch milliseconds. */
  nowMs(): number;
  pulse: PulsePort;
  seats: SeatsPort;
  /** How long a refusal to this client has to wait before it is told (difference D1). */
  refusalDelayMs(client: string): number;
  isDraining(): boolean;
  /** Runs a task once everything offered in this event-loop turn has been written. */
  afterTurn(task: () => void): void;
}

export interface ProjectPort {
  readonly ref: string;
  readonly record: ProjectRecord;
  readonly rates: {
    take(kind: RateKind, n?: number): RateVerdict;
    charge(kind: RateKind, n: number): void;
  };
  readonly counters: ProjectCounters;
}

interface HomePort extends Authorizer {
  /** Asks the watcher again whenever the project's policies are not those that it has grants of. Returns how to stop. */
  watchPolicies(
    ref: string,
    watcher: { readonly print: string | undefined; askAgain(): Promise<void> },
  ): () => void;
  /** Oldest first. Rejects with a `Refusal`. */
  replay(
    ref: string,
    request: { topic: string; since: number; limit?: number },
    options: { deadlineMs: number },
  ): Promise<ReplayedMessage[]>;
  /** Finds or elects the home. Rejects with a `Refusal`. */
  status(ref: string, options: { deadlineMs: number }): Promise<{ state: string }>;
}

/** What a hub knows of a channel. */
export interface Member {
  readonly channelId: string;
  readonly codec: Codec;
  readonly fullTopic: string;
  readonly wantsPosition: boolean;
  readonly listensSinceMs: number;
  mayReadBroadcast(): boolean;
  mayReadPresence(): boolean;
  /** True for a database message that this channel was already given as replay. */
  suppresses(id: string): boolean;
  readonly outbox: { offer(frame: WireFrame): boolean };
}

interface HubPort {
  join(room: Room, member: Member): void;
  leave(room: Room, channelId: string): void;
}

export interface Published {
  position: BroadcastPosition;
  recipients: number;
  /** A message with the same id was accepted before; the position is that one's. */
  repeated: boolean;
}

interface RelayPort {
  publish(
    room: Room,
    broadcast: Broadcast,
    options: { sender?: string; self: boolean; acceptedAtMs: number },
  ): Published;
  /** Before a channel joins: opens the room, and for one that resumes collects what other nodes have. Bounded. */
  prepare(room: Room, resumeFrom?: Positions): Promise<void>;
  /** In the turn of the hub's `join`: hands the member what it missed. */
  resume(
    room: Room,
    member: Member,
    from: { positions: Positions; sinceMs?: number },
  ): { replayed: number; missing?: string };
  /** How far members of the room have been served. */
  positions(room: Room): Positions;
}

/** Origin -> last sequence number. */
type Positions = Record<string, number>;

type DepartureCause = PresenceEviction["cause"];

/** Why something ended, and for how long nothing had been heard when silence was the reason. */
export interface Departure {
  cause: DepartureCause;
  silentMs?: number;
}

interface PresencePort {
  /** Before a channel joins: resolves when other nodes have said who is present. Bounded. */
  prepare(room: Room): Promise<void>;
  track(
    room: Room,
    who: { channelId: string; connectionId: string; key: string },
    payload: Record<string, unknown>,
  ): void;
  untrack(room: Room, channelId: string): void;
  departed(channelId: string, cause: DepartureCause, silentMs?: number): void;
  state(room: Room): object;
}

/** What the changes module knows of a channel. */
export interface ChangesMember {
  readonly channelId: string;
  readonly ref: string;
  /** Without `realtime:`. */
  readonly topic: string;
  deliver(ids: readonly number[], changes: readonly ChangeEnvelope[]): void;
  system(payload: SystemPayload): void;
}

export interface BindingsPort {
  /**
   * A second subscription of a channel replaces the first once it stands. The member is told of the outcome before the
   * promise settles, and what may pass by itself is tried again. Rejects with a `Refusal`.
   */
  subscribe(
    member: ChangesMember,
    bindings: readonly { id: number; spec: BindingSpec }[],
    claims: Claims,
  ): Promise<{ lsn: string }>;
  unsubscribe(channelId: string): void;
}

export interface TapPort {
  wants(ref: string): boolean;
  emit(event: Omit<TapEvent, "id" | "node" | "atMs"> & { atMs?: number }): void;
}

interface MetricsPort {
  refused(ref: string | undefined, code: string): void;
  payload(ref: string, kind: "broadcast" | "presence" | "postgres_changes", bytes: number): void;
}

interface LogPort {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Deadlines on the monotonic clock. A task returns when it wants to run again. */
interface PulsePort {
  nowMs(): number;
  schedule(dueMs: number, task: (nowMs: number) => number | undefined): { cancel(): void };
  delay(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Counts connections that hold a channel, per project. */
export interface SeatsPort {
  users(ref: string): number;
  occupy(ref: string): void;
  vacate(ref: string): void;
}

/** The connection, as channels see it. */
export interface Peer {
  readonly id: string;
  readonly project: ProjectPort;
  readonly codec: Codec;
  /** Of the token the socket was opened with; what a join without a token acts as. */
  readonly identity: Identity;
  readonly headers: Readonly<Record<string, string>>;
  /** Tells repeated failures of one client from those of others. */
  readonly client: string;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
  /** For frames that count as deliveries of the project. */
  readonly outbox: { offer(frames: Frames): boolean };
  send(frame: ServerFrame): void;
  /** Closes the socket with the code of the table. Channels end first. */
  close(code: ErrorCode): void;
  /** A defect in handling this connection: it is logged and ends the connection, not the node. */
  readonly onDefect: (error: unknown) => void;
}
