import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { ErrorCode, Refusal } from "@tidewire/protocol/errors";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import type { Ref } from "@tidewire/protocol/phoenix/frame";
import type { JoinConfig } from "@tidewire/protocol/supabase/join";
import { errorReply, okReply } from "@tidewire/protocol/supabase/reply";
import { closing, resumed, type SystemPayload } from "@tidewire/protocol/supabase/system";
import { type Identity, userOf } from "../auth/claims.ts";
import type { Policies } from "../auth/policies.ts";
import { CLOCKS_APART_MS_MAX } from "../clock.ts";
import type { WireFrame } from "../socket/wire-frame.ts";
import type { ChannelServices, Departure, Member, Peer } from "./ports.ts";
import type { ReplayGate } from "./replay-gate.ts";
import type { Report } from "./report.ts";

/**
 * ```text
 * opening --reply ok--> open --leave, refusal, crash, replaced, socket gone--> ended
 *    \------------------- join refused, socket gone ---------------------------/
 * ```
 */
type ChannelState =
  | { kind: "opening"; gate: ReplayGate | null }
  | { kind: "open" }
  | { kind: "ended"; departure: Departure };

export interface ChannelOptions {
  id: string;
  peer: Peer;
  services: ChannelServices;
  report: Report;
  fullTopic: string;
  topic: string;
  /** As the join carried them; both may be null. */
  joinRef: Ref;
  ref: Ref;
  config: JoinConfig;
  identity: Identity;
  policies: Policies;
}

/**
 * One topic joined on one connection: who it acts as, what it may hear, and the frames that belong to its life. What is
 * said on it (broadcasts, presence, changes, tokens) lives in the modules beside this one; they hang their own endings
 * on {@link onEnd}.
 */
export class Channel implements Member {
  readonly channelId: string;
  readonly ref: string;
  readonly fullTopic: string;
  readonly room: Room;
  readonly config: JoinConfig;
  readonly peer: Peer;
  readonly services: ChannelServices;
  readonly report: Report;
  readonly sinceMs: number;
  readonly #joinRef: Ref;
  readonly #joinPushRef: Ref;
  readonly #endings: ((departure: Departure) => void)[] = [];
  #state: ChannelState = { kind: "opening", gate: null };
  #identity: Identity;
  #policies: Policies;
  #replayedIds: ReadonlySet<string> | null = null;

  constructor(options: ChannelOptions) {
    this.channelId = options.id;
    this.ref = options.peer.project.ref;
    this.fullTopic = options.fullTopic;
    this.room = { ref: this.ref, topic: options.topic, private: options.config.private };
    this.config = options.config;
    this.peer = options.peer;
    this.services = options.services;
    this.report = options.report;
    this.sinceMs = options.services.nowMs();
    this.#joinRef = options.joinRef;
    this.#joinPushRef = options.ref;
    this.#identity = options.identity;
    this.#policies = options.policies;
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  get hasEnded(): boolean {
    return this.#state.kind === "ended";
  }

  get identity(): Identity {
    return this.#identity;
  }

  get policies(): Policies {
    return this.#policies;
  }

  get user(): string | undefined {
    return userOf(this.#identity.claims);
  }

  get codec(): Codec {
    return this.peer.codec;
  }

  get wantsPosition(): boolean {
    return this.config.broadcast.sequence;
  }

  get listensSinceMs(): number {
    const { resume, resumeSinceMs } = this.config.broadcast;
    // By the clock of the node that let it in then.
    if (resumeSinceMs !== undefined) return resumeSinceMs - CLOCKS_APART_MS_MAX;
    return resume === undefined ? this.sinceMs : 0;
  }

  get outbox(): { offer(frame: WireFrame): boolean } {
    return (this.#state.kind === "opening" ? this.#state.gate : null) ?? this.peer.outbox;
  }

  mayReadBroadcast(): boolean {
    return this.#policies.mayReadBroadcast;
  }

  mayReadPresence(): boolean {
    return this.#policies.mayReadPresence;
  }

  suppresses(id: string): boolean {
    if (this.#state.kind === "opening") this.#state.gate?.sawLive(id);
    return this.#replayedIds?.has(id) ?? false;
  }

  /** Joins the room before the reply: what arrives from now on waits in `gate`. */
  hearThrough(gate: ReplayGate): void {
    this.#state = { kind: "opening", gate };
    this.services.hub.join(this.room, this);
  }

  /**
   * From here on the channel hears its room, and its ending is told to everybody. What it missed since the positions it
   * named comes first (difference D6); then what waited in the gate is among it.
   */
  open(replayedIds: ReadonlySet<string>): void {
    const gate = this.#state.kind === "opening" ? this.#state.gate : null;
    if (replayedIds.size > 0) this.#replayedIds = replayedIds;
    this.#state = { kind: "open" };
    this.peer.project.counters.channels += 1;
    this.services.hub.join(this.room, this);
    const { resume: positions, resumeSinceMs: sinceMs } = this.config.broadcast;
    if (positions !== undefined) {
      const outcome = this.services.relay.resume(this.room, this, { positions, sinceMs });
      this.system(resumed(this.room.topic, outcome));
    } else if (gate !== null) {
      for (const frame of gate.frames()) this.peer.outbox.offer(frame);
    }
  }

  /** Takes on a newer token and what it may read. */
  adopt(identity: Identity, policies: Policies): void {
    this.#identity = identity;
    this.#policies = policies;
  }

  /** Called once, newest first, when an open channel ends. */
  onEnd(ending: (departure: Departure) => void): void {
    this.#endings.push(ending);
  }

  /** The reply to the join itself carries its own join_ref, even a null one (protocol 12.14). */
  acceptJoin(response: object): void {
    this.#send(this.#joinRef, this.#joinPushRef, "phx_reply", okReply(response));
  }

  accept(ref: Ref, response: object = {}): void {
    this.#send(this.#pushRef, ref, "phx_reply", okReply(response));
  }

  /** A push of the client was refused; the channel lives. */
  refuse(ref: Ref, refusal: Refusal): void {
    this.#send(this.#pushRef, ref, "phx_reply", errorReply(refusal));
  }

  push(event: string, payload: unknown): void {
    this.#send(this.#pushRef, null, event, payload);
  }

  /** A push whose payload is finished JSON text. */
  pushJson(event: string, payloadJson: string): void {
    this.peer.send({ joinRef: this.#pushRef, ref: null, topic: this.fullTopic, event, payloadJson });
  }

  system(payload: SystemPayload): void {
    if (!this.isOpen) return;
    this.push("system", payload);
    this.report.system(this.room, payload.message, payload.status === "error");
  }

  /** Clients compare the `ref` of a close with their join's, so both are the join's own (protocol 1.8, 11.6). */
  sendClose(): void {
    this.#send(this.#joinRef, this.#joinRef, "phx_close", {});
  }

  /** The client leaves: reply, then close (protocol 3.6). */
  leave(ref: Ref): void {
    this.accept(ref);
    this.sendClose();
    this.end({ cause: "left" });
  }

  /** Whether a `phx_leave` with this join_ref means this life of the channel (protocol 12.13). */
  isLeftBy(joinRef: Ref): boolean {
    return this.#joinRef === null || this.#joinRef === joinRef;
  }

  /** The server ends the channel: a `system` error that says why, then close; the push behind it gets no reply. */
  shut(refusal: Refusal, code: ErrorCode = refusal.code): void {
    if (!this.isOpen) return;
    this.push("system", closing(this.room.topic, refusal));
    this.sendClose();
    this.report.refusal(this.room.topic, code, { private: this.room.private, message: refusal.reason() });
    this.services.metrics.refused(this.ref, code);
    this.end({ cause: "kicked" });
  }

  /** A push that this channel cannot survive; clients re-join by themselves (protocol 3.9). */
  crash(message: string): void {
    this.#send(this.#joinRef, this.#joinRef, "phx_error", { reason: "channel_crash" });
    this.report.refusal(this.room.topic, "ChannelCrashed", { private: this.room.private, message });
    this.services.metrics.refused(this.ref, "ChannelCrashed");
    this.end({ cause: "left" });
  }

  /** Leaves the room and everything else; says nothing to the client. Harmless when it is over already. */
  end(departure: Departure): void {
    const before = this.#state;
    if (before.kind === "ended") return;
    this.#state = { kind: "ended", departure };
    this.services.hub.leave(this.room, this.channelId);
    if (before.kind === "open") {
      this.peer.project.counters.channels -= 1;
      this.report.leave(this.room, { event: departure.cause, user: this.user });
    }
    for (const ending of this.#endings.reverse()) ending(departure);
  }

  get #pushRef(): Ref {
    return this.#joinRef ?? this.#joinPushRef;
  }

  #send(joinRef: Ref, ref: Ref, event: string, payload: unknown): void {
    this.peer.send({ joinRef, ref, topic: this.fullTopic, event, payload });
  }
}
