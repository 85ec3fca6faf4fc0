import { randomUUID } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import type { ClientPush, Ref } from "@tidewire/protocol/phoenix/frame";
import { payloadBytesMax } from "@tidewire/protocol/phoenix/limits";
import { parsePresencePush } from "@tidewire/protocol/supabase/presence";
import type { Channel } from "./channel.ts";
import { mayPass } from "./may-pass.ts";

/** Presence of one channel: its key, its calls, and the state it is shown after a join (protocol 5). */
export class ChannelPresence {
  readonly #channel: Channel;
  readonly #key: string;
  #hasTracked = false;
  #window = { startedAtMs: Number.NEGATIVE_INFINITY, events: 0 };

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#key = channel.config.presence.key ?? randomUUID();
    channel.onEnd(({ cause, silentMs }) => {
      if (this.#hasTracked) channel.services.presence.departed(channel.channelId, cause, silentMs);
    });
  }

  /** Sent even when empty: clients queue every diff until they have seen it (protocol 11.26). */
  sendState(): void {
    const { services, room, peer } = this.#channel;
    if (!this.#channel.isOpen || !this.#channel.mayReadPresence()) return;
    peer.project.rates.charge("presence", 1);
    this.#channel.push("presence_state", services.presence.state(room));
  }

  /** A promise only when permission has to be asked for. */
  receive(push: ClientPush): void | Promise<void> {
    try {
      return this.#handle(push);
    } catch (error) {
      this.#refuse(push.ref, error);
    }
  }

  #handle({ ref, payload, payloadJson }: ClientPush): void | Promise<void> {
    const call = parsePresencePush(payload);
    if (call.kind === "nothing") return this.#channel.accept(ref);
    this.#count(call.kind);
    if (call.kind === "untrack") return this.#untrack(ref);
    const sizeBytes = Buffer.byteLength(payloadJson ?? "");
    const { limits } = this.#channel.peer.project.record;
    if (sizeBytes > payloadBytesMax(limits.maxPayloadSizeInKb)) throw new Refusal("TrackMessageSizeExceeded");
    this.#channel.services.metrics.payload(this.#channel.room.ref, "presence", sizeBytes);
    if (this.#channel.config.private) return this.#trackIfAllowed(ref, call.payload);
    this.#track(ref, call.payload);
  }

  async #trackIfAllowed(ref: Ref, payload: Record<string, unknown>): Promise<void> {
    const { policies } = this.#channel;
    try {
      const grants = await policies.write();
      if (grants.presence !== true) throw new Refusal("UnableToTrackPresence");
      // Presence may have been off at the join: reading it was not asked for then (protocol 5.2).
      await policies.readPresence();
      this.#track(ref, payload);
    } catch (error) {
      this.#refuse(ref, error instanceof Refusal && mayPass(error) ? unchecked(error) : error);
    }
  }

  #track(ref: Ref, payload: Record<string, unknown>): void {
    if (!this.#channel.isOpen) return;
    const { channelId, peer, room, services, report, user } = this.#channel;
    this.#hasTracked = true;
    peer.project.counters.presenceEvents += 1;
    services.presence.track(room, { channelId, connectionId: peer.id, key: this.#key }, payload);
    this.#channel.accept(ref);
    report.presence(room, () => ({
      event: "track",
      user,
      message: this.#key,
      payload: JSON.stringify(payload),
    }));
  }

  #untrack(ref: Ref): void {
    const { channelId, peer, room, services, report, user } = this.#channel;
    peer.project.counters.presenceEvents += 1;
    services.presence.untrack(room, channelId);
    this.#channel.accept(ref);
    report.presence(room, () => ({ event: "untrack", user, message: this.#key }));
  }

  /** Every call counts in the client's window, also one without effect; tracks count in the project's rate (protocol 8). */
  #count(kind: "track" | "untrack"): void {
    if (!this.#isWithinWindow()) throw new Refusal("ClientPresenceRateLimitReached");
    if (kind === "track" && !this.#channel.peer.project.rates.take("presence").ok) {
      throw new Refusal("PresenceRateLimitReached");
    }
  }

  /** The window is fixed and starts with its first event (protocol 5.3). */
  #isWithinWindow(): boolean {
    const { peer, services } = this.#channel;
    const { maxClientPresenceEventsPerWindow, clientPresenceWindowMs } = peer.project.record.limits;
    const nowMs = services.pulse.nowMs();
    if (nowMs - this.#window.startedAtMs >= clientPresenceWindowMs) {
      this.#window = { startedAtMs: nowMs, events: 0 };
    }
    this.#window.events += 1;
    return this.#window.events <= maxClientPresenceEventsPerWindow;
  }

  #refuse(ref: Ref, error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    if (!this.#channel.isOpen) return;
    const { peer, room, report, services } = this.#channel;
    switch (error.outcome.effect) {
      case "leave":
        this.#channel.shut(error);
        return;
      case "crash":
        this.#channel.crash("a presence event must be text");
        return;
      default:
        this.#channel.refuse(ref, error);
        services.metrics.refused(peer.project.ref, error.code);
        report.frequentRefusal(room.topic, error.code, { private: room.private, message: error.message });
    }
  }
}

/** The client sees an empty response (protocol 5.3); the inspector sees what stood in the way. */
function unchecked(cause: Refusal): Refusal {
  return new Refusal("UnableToHandlePresence", { message: cause.reason(), cause });
}
