import type { ReplayedMessage } from "@tidewire/protocol/cluster/home";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import { ERRORS, type ErrorCode, Refusal } from "@tidewire/protocol/errors";
import type { ClientMessage, ClientPush, Ref } from "@tidewire/protocol/phoenix/frame";
import { roleOf, userOf } from "../auth/claims.ts";
import { Channel } from "./channel.ts";
import { admitJoin, type JoinAdmission, toJoinRefusal } from "./join.ts";
import { JoinedChannel } from "./joined-channel.ts";
import { Lane, type LaneTask } from "./lane.ts";
import { mayPass } from "./may-pass.ts";
import type { ChannelServices, Departure, Peer } from "./ports.ts";
import { lookUpReplay, sendReplayed } from "./replay.ts";
import type { Report } from "./report.ts";
import { Seats } from "./seats.ts";

const HEARTBEAT_TOPIC = "phoenix";

interface RouterOptions {
  peer: Peer;
  services: ChannelServices;
  report: Report;
  /** Called when the connection may have got its first channel or lost its last, and when a join left it without any. */
  onOccupied(hasChannel: boolean): void;
}

interface PreparedJoin {
  joined: JoinedChannel;
  replay: ReplayedMessage[];
}

/**
 * The channels of one connection by topic, and what becomes of each message: heartbeat, join, a push to a channel, or
 * the answer for a topic that is not joined. Messages of one topic are handled strictly in order; while one of them
 * waits for somebody, only its own topic waits with it.
 */
export class Router {
  readonly #peer: Peer;
  readonly #services: ChannelServices;
  readonly #report: Report;
  readonly #onOccupied: (hasChannel: boolean) => void;
  readonly #seats: Seats;
  readonly #channels = new Map<string, JoinedChannel>();
  readonly #lanes = new Map<string, Lane>();
  readonly #joining = new Set<Promise<void>>();
  #joins = 0;
  #closed = false;

  constructor({ peer, services, report, onOccupied }: RouterOptions) {
    this.#peer = peer;
    this.#services = services;
    this.#report = report;
    this.#onOccupied = onOccupied;
    this.#seats = new Seats(peer.project, services.seats);
  }

  /** @param bytes of the frame, for the bound of a lane */
  receive(message: ClientMessage, bytes: number): void {
    if (this.#closed) return;
    if (message.topic === HEARTBEAT_TOPIC && message.kind === "push" && message.event === "heartbeat") {
      this.#answer(message, null, "ok", {});
      return;
    }
    const task = () => this.#dispatch(message);
    const lane = this.#lanes.get(message.topic);
    if (lane === undefined) this.#run(message.topic, task);
    else if (!lane.add(task, bytes)) this.#refuseFlood(message);
  }

  #refuseFlood(message: ClientMessage): void {
    const refusal = new Refusal("MessagePerSecondRateLimitReached");
    this.#answer(message, message.joinRef, "error", { reason: refusal.reason() });
  }

  /** Tells every channel that the server is about to close the socket (protocol 1.6). */
  announceDisconnect(): void {
    for (const joined of this.#channels.values()) joined.announceDisconnect();
  }

  /** Ends all channels without a word: the socket is gone, or going. */
  close(departure: Departure): void {
    this.#closed = true;
    for (const { channel } of [...this.#channels.values()]) channel.end(departure);
  }

  /** Ends one channel with a `system` error. False when it is not here. */
  evict(channelId: string, code: ErrorCode): boolean {
    for (const { channel } of this.#channels.values()) {
      if (channel.channelId !== channelId) continue;
      channel.shut(new Refusal(code));
      return true;
    }
    return false;
  }

  list(): ConnectionInfo["channels"] {
    return [...this.#channels.values()].map(({ channel: { channelId, room, sinceMs, config } }) => {
      return {
        id: channelId,
        topic: room.topic,
        private: room.private,
        sinceMs,
        bindings: config.bindings.length,
      };
    });
  }

  #run(topic: string, task: LaneTask): void {
    const pending = task();
    if (pending === undefined) return;
    const lane = new Lane(pending, {
      onEmpty: () => this.#lanes.delete(topic),
      onFault: (error) => this.#peer.onDefect(error),
    });
    this.#lanes.set(topic, lane);
  }

  #dispatch(message: ClientMessage): void | Promise<void> {
    if (this.#closed) return;
    if (message.kind === "push" && message.event === "phx_join") return this.#startJoin(message);
    const joined = this.#channels.get(message.topic);
    if (joined !== undefined) return joined.receive(message);
    // A leave is always answered, even for a topic that could not be joined (protocol 12.12).
    if (message.kind === "push" && message.event === "phx_leave") {
      return this.#answer(message, message.joinRef, "ok", {});
    }
    this.#answer(message, null, "error", { reason: ERRORS.UnmatchedTopic.text });
  }

  #startJoin(push: ClientPush): Promise<void> {
    const joining = this.#join(push).finally(() => this.#joining.delete(joining));
    this.#joining.add(joining);
    return joining;
  }

  /** The old channel of the topic is gone before the new join is judged, and closed after its reply (protocol 3.7). */
  async #join(push: ClientPush): Promise<void> {
    const replaced = this.#channels.get(push.topic)?.channel;
    replaced?.end({ cause: "left" });
    const startedAtMs = this.#services.pulse.nowMs();
    let prepared: PreparedJoin;
    try {
      prepared = await this.#prepare(push);
    } catch (error) {
      await this.#refuseJoin(push, error, this.#services.pulse.nowMs() - startedAtMs, replaced);
      return;
    }
    if (this.#closed) prepared.joined.channel.end({ cause: "socket-error" });
    else this.#open(push, prepared, replaced);
  }

  /** Everything that may still refuse the join. */
  async #prepare(push: ClientPush): Promise<PreparedJoin> {
    const { relay, presence } = this.#services;
    const context = { peer: this.#peer, seats: this.#seats, services: this.#services };
    const admission = await admitJoin(push, context);
    const joined = this.#toChannel(push, admission);
    const { channel } = joined;
    try {
      // With the reply a client may rely on hearing every node, and on a state that has every node's members.
      await Promise.all([
        relay.prepare(channel.room, channel.config.broadcast.resume),
        presence.prepare(channel.room),
      ]);
      const replay = admission.replay === undefined ? [] : await lookUpReplay(channel, admission.replay);
      return { joined, replay };
    } catch (error) {
      this.#seats.uncount();
      channel.end({ cause: "left" });
      throw error;
    }
  }

  /** The order of these lines is the order of the frames (protocol 3.4, 3.7). */
  #open(push: ClientPush, { joined, replay }: PreparedJoin, replaced: Channel | undefined): void {
    const { channel } = joined;
    this.#channels.set(push.topic, joined);
    channel.acceptJoin(joinResponse(channel));
    replaced?.sendClose();
    for (const message of replay) sendReplayed(channel, message);
    channel.open(new Set(replay.map(({ id }) => id)));
    joined.start();
    this.#peer.project.counters.joins += 1;
    this.#reportJoin(channel, push);
  }

  /** A join of which parts were no good goes on without them (protocol 3.2), but its author should learn of it. */
  #reportJoin({ room, user, identity, config }: Channel, push: ClientPush): void {
    const { metrics, log } = this.#services;
    const { invalidFields } = config;
    const code = invalidFields.length > 0 ? ("InvalidJoinPayload" as const) : undefined;
    if (code !== undefined) {
      metrics.refused(room.ref, code);
      log.debug({ code, ref: room.ref, topic: room.topic, invalidFields }, "parts of a join were ignored");
    }
    const ignored = code === undefined ? "" : `; not usable and ignored: ${invalidFields.join(", ")}`;
    this.#report.join(room, {
      user,
      message: `as ${roleOf(identity.claims)}${ignored}`,
      payload: configJson(push.payload),
      ...(code !== undefined && { code }),
    });
  }

  #toChannel(push: ClientPush, { topic, config, identity, policies }: JoinAdmission): JoinedChannel {
    this.#joins += 1;
    const channel = new Channel({
      id: `${this.#peer.id}-${this.#joins}`,
      peer: this.#peer,
      services: this.#services,
      report: this.#report,
      fullTopic: push.topic,
      topic,
      joinRef: push.joinRef,
      ref: push.ref,
      config,
      identity,
      policies,
    });
    channel.onEnd(() => {
      if (this.#channels.get(push.topic)?.channel === channel) this.#channels.delete(push.topic);
      this.#seats.release();
      if (this.#seats.taken === 0) this.#onOccupied(false);
    });
    this.#onOccupied(true);
    return new JoinedChannel(channel);
  }

  /** Told at once but for the jitter; an unmatched topic without any (difference D1, protocol 12.4). */
  async #refuseJoin(push: ClientPush, error: unknown, elapsedMs: number, replaced?: Channel): Promise<void> {
    const refusal = toJoinRefusal(error);
    this.#countRefusal(push, refusal, error, elapsedMs);
    const isUnmatched = refusal.code === "UnmatchedTopic";
    // Whom something else stands in the way is no attacker.
    if (!isUnmatched && !mayPass(refusal)) {
      const delayMs = this.#services.refusalDelayMs(`${this.#peer.client} ${push.topic}`);
      await this.#services.pulse.delay(delayMs, this.#peer.signal);
    }
    if (this.#closed) return;
    this.#answer(push, isUnmatched ? null : push.joinRef, "error", { reason: refusal.reason() });
    replaced?.sendClose();
    if (refusal.outcome.closeCode !== undefined) this.#closeAfterJoins(refusal.code);
  }

  /** Joins that came before the refused one were granted, and are answered before the socket goes. */
  #closeAfterJoins(code: ErrorCode): void {
    Promise.allSettled([...this.#joining]).then(() => this.#peer.close(code), this.#peer.onDefect);
  }

  #countRefusal(push: ClientPush, refusal: Refusal, error: unknown, elapsedMs: number): void {
    const { project, identity } = this.#peer;
    const { metrics, log } = this.#services;
    if (this.#seats.taken === 0) this.#onOccupied(false);
    project.counters.joinsRefused += 1;
    metrics.refused(project.ref, refusal.code);
    const facts = { code: refusal.code, ref: project.ref, topic: push.topic, connection: this.#peer.id };
    if (refusal.code === "JoinCrashed") log.error({ err: error, ...facts }, "a join failed unforeseen");
    else log.debug(facts, "a join was refused");
    this.#report.refusal(toTopic(push.topic), refusal.code, {
      event: "phx_join",
      user: userOf(identity.claims),
      message: refusal.reason(),
      latencyMs: elapsedMs,
    });
  }

  #answer({ topic, ref }: ClientMessage, joinRef: Ref, status: "ok" | "error", response: object): void {
    this.#peer.send({ joinRef, ref, topic, event: "phx_reply", payload: { status, response } });
  }
}

/** A client that asked for positions learns where it stands: it may have to resume before it has heard anything. */
function joinResponse({ config, room, services, wantsPosition }: Channel): object {
  const response = { postgres_changes: config.echoes };
  if (!wantsPosition) return response;
  return { ...response, positions: services.relay.positions(room), joined_at: services.nowMs() };
}

/** Never the whole payload: it carries the access token. */
function configJson(payload: unknown): string {
  const isObject = typeof payload === "object" && payload !== null && "config" in payload;
  return JSON.stringify(isObject ? payload.config : {});
}

function toTopic(fullTopic: string): string {
  return fullTopic.startsWith("realtime:") ? fullTopic.slice("realtime:".length) : fullTopic;
}
