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
    if (message.kind === "push" && message.event === "phx_join") return this.#join(message);
    const joined = this.#channels.get(message.topic);
    if (joined !== undefined) return joined.receive(message);
    // A leave is always answered, even for a topic that could not be joined (protocol 12.12).
    if (message.kind === "push" && message.event === "phx_leave") {
      return this.#answer(message, message.joinRef, "ok", {});
    }
    this.#answer(message, null, "error", { reason: ERRORS.UnmatchedTopic.text });
  }

  /** The old channel of the topic is gone before the new join is judged, and closed after its reply (protocol 3.7). */
  async #join(push: ClientPush): Promise<void> {
    const replaced = this.#channels.get(push.topic)?.channel;
    replaced?.end({ cause: "left" });
    const startedAtMs = this.#services.pulse.nowMs();
    try {
      const admission = await admitJoin(push, {
        peer: this.#peer,
        seats: this.#seats,
        services: this.#services,
      });
      await this.#open(push, admission, replaced);
    } catch (error) {
      const refusal = toJoinRefusal(error);
      if (refusal.code === "JoinCrashed")
        this.#services.log.error({ err: error }, "a join failed unforeseen");
      await this.#refuseJoin(push, refusal, this.#services.pulse.nowMs() - startedAtMs);
      if (!this.#closed) replaced?.sendClose();
      if (refusal.outcome.closeCode !== undefined) this.#peer.close(refusal.code);
    }
  }

  async #open(push: ClientPush, admission: JoinAdmission, replaced: Channel | undefined): Promise<void> {
    const joined = this.#toChannel(push, admission);
    const { channel } = joined;
    const { config, replay } = admission;
    try {
      if (channel.wantsPosition) await this.#services.relay.prepare(channel.room, config.broadcast.resume);
      const messages = replay === undefined ? [] : await lookUpReplay(channel, replay);
      if (this.#closed) return channel.end({ cause: "socket-error" });
      channel.acceptJoin(joinResponse(channel));
      replaced?.sendClose();
      for (const message of messages) sendReplayed(channel, message);
      channel.open(new Set(messages.map(({ id }) => id)));
    } catch (error) {
      this.#seats.uncount();
      channel.end({ cause: "left" });
      throw error;
    }
    this.#channels.set(push.topic, joined);
    this.#peer.project.counters.joins += 1;
    this.#report.join(channel.room, {
      user: channel.user,
      message: `as ${roleOf(channel.identity.claims)}`,
      payload: JSON.stringify(push.payload),
    });
    joined.start();
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
  async #refuseJoin(push: ClientPush, refusal: Refusal, elapsedMs: number): Promise<void> {
    const { project, identity, client, signal } = this.#peer;
    const { metrics, pulse, refusalDelayMs } = this.#services;
    if (this.#seats.taken === 0) this.#onOccupied(false);
    project.counters.joinsRefused += 1;
    metrics.refused(project.ref, refusal.code);
    this.#report.refusal(toTopic(push.topic), refusal.code, {
      event: "phx_join",
      user: userOf(identity.claims),
      message: refusal.reason(),
      latencyMs: elapsedMs,
    });
    const isUnmatched = refusal.code === "UnmatchedTopic";
    if (!isUnmatched) {
      // Whom something else stands in the way is no attacker.
      const delayMs = mayPass(refusal) ? 0 : refusalDelayMs(`${client} ${push.topic}`);
      await pulse.delay(delayMs, signal);
    }
    if (this.#closed) return;
    this.#answer(push, isUnmatched ? null : push.joinRef, "error", { reason: refusal.reason() });
  }

  #answer({ topic, ref }: ClientMessage, joinRef: Ref, status: "ok" | "error", response: object): void {
    this.#peer.send({ joinRef, ref, topic, event: "phx_reply", payload: { status, response } });
  }
}

/** A client that asked for positions learns where it stands: it may have to resume before it has heard anything. */
function joinResponse({ config, room, services, wantsPosition }: Channel): object {
  const response = { postgres_changes: config.echoes };
  return wantsPosition ? { ...response, positions: services.relay.positions(room) } : response;
}

function toTopic(fullTopic: string): string {
  return fullTopic.startsWith("realtime:") ? fullTopic.slice("realtime:".length) : fullTopic;
}
