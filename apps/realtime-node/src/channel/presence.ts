import { randomUUID } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import type { ClientPush, Ref } from "@tidewire/protocol/phoenix/frame";
import { payloadBytesMax } from "@tidewire/protocol/phoenix/limits";
import type { Channel } from "./channel.ts";

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
  receive({ ref, payload, payloadJson }: ClientPush): void | Promise<void> {
    if (!isObject(payload) || payload.event === undefined) return this.#channel.reply(ref, "ok", {});
    if (typeof payload.event !== "string") return this.#channel.crash("presence event must be text");
    switch (payload.event.toLowerCase()) {
      case "track":
        return this.#track(ref, payload.payload === undefined ? {} : payload.payload, payloadJson ?? "");
      case "untrack":
        return this.#untrack(ref);
      default:
        return this.#refuse(ref, new Refusal("UnknownPresenceEvent"));
    }
  }

  #track(ref: Ref, payload: unknown, payloadJson: string): void | Promise<void> {
    const { peer, policies, config } = this.#channel;
    if (!this.#isWithinWindow()) return this.#channel.shut(new Refusal("ClientPresenceRateLimitReached"));
    if (!peer.project.rates.take("presence").ok) {
      return this.#channel.shut(new Refusal("PresenceRateLimitReached"));
    }
    const sizeBytes = Buffer.byteLength(payloadJson);
    if (sizeBytes > payloadBytesMax(peer.project.record.limits.maxPayloadSizeInKb)) {
      return this.#channel.shut(new Refusal("TrackMessageSizeExceeded"));
    }
    if (!isObject(payload)) return this.#refuse(ref, new Refusal("InvalidPresencePayload"));
    this.#channel.services.metrics.payload("presence", sizeBytes);
    if (config.private) return this.#trackWhenAllowed(ref, payload, policies.write());
    this.#trackNow(ref, payload);
  }

  async #trackWhenAllowed(
    ref: Ref,
    payload: Record<string, unknown>,
    asked: { presence?: boolean } | Promise<{ presence?: boolean }>,
  ): Promise<void> {
    try {
      const grants = await asked;
      if (grants.presence !== true) return this.#refuse(ref, new Refusal("UnableToTrackPresence"));
      await this.#channel.policies.readPresence();
      this.#trackNow(ref, payload);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(ref, new Refusal("UnableToHandlePresence", { message: error.reason(), cause: error }));
    }
  }

  #trackNow(ref: Ref, payload: Record<string, unknown>): void {
    if (!this.#channel.isOpen) return;
    const { channelId, peer, room, services, report, user } = this.#channel;
    this.#hasTracked = true;
    peer.project.counters.presenceEvents += 1;
    services.presence.track(room, { channelId, connectionId: peer.id, key: this.#key }, payload);
    this.#channel.reply(ref, "ok", {});
    report.presence(room, () => ({
      event: "track",
      user,
      message: this.#key,
      payload: JSON.stringify(payload),
    }));
  }

  #untrack(ref: Ref): void {
    if (!this.#isWithinWindow()) {
      this.#channel.shut(new Refusal("ClientPresenceRateLimitReached"));
      return;
    }
    const { channelId, peer, room, services, report, user } = this.#channel;
    peer.project.counters.presenceEvents += 1;
    services.presence.untrack(room, channelId);
    this.#channel.reply(ref, "ok", {});
    report.presence(room, () => ({ event: "untrack", user, message: this.#key }));
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

  /** Only a payload of the wrong kind is named to the client; the rest is an empty response (protocol 5.3). */
  #refuse(ref: Ref, refusal: Refusal): void {
    if (!this.#channel.isOpen) return;
    const { peer, room, report, services } = this.#channel;
    const response = refusal.code === "InvalidPresencePayload" ? { reason: refusal.reason() } : {};
    this.#channel.reply(ref, "error", response);
    services.metrics.refused(peer.project.ref, refusal.code);
    report.frequentRefusal(room.topic, refusal.code, { private: room.private, message: refusal.message });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
