import { Refusal } from "@tidewire/protocol/errors";
import type { ClientMessage, Ref } from "@tidewire/protocol/phoenix/frame";
import { payloadBytesMax } from "@tidewire/protocol/phoenix/limits";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import { broadcastBytes, parseBroadcastPush } from "@tidewire/protocol/supabase/broadcast-push";
import { broadcastRefused } from "@tidewire/protocol/supabase/system";
import type { Policies } from "../auth/policies.ts";
import type { Channel } from "./channel.ts";
import { mayPass } from "./may-pass.ts";
import type { Published } from "./ports.ts";

/** Difference D5: a sender over its limit is told once per second, not once per message. */
const TOLD_EVERY_MS = 1_000;

interface Outgoing {
  broadcast: Broadcast;
  ref: Ref;
  sizeBytes: number;
  acceptedAtMs: number;
}

/** What a client sends on one channel, from acceptance to the relay (protocol 4.1, 4.2; differences D4, D5). */
export class Broadcasts {
  readonly #channel: Channel;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** New grants may deny again, and say so again. */
  #toldDeniedBy: Policies | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** A promise only when permission has to be asked for; later messages of the topic then wait. */
  receive(message: ClientMessage): void | Promise<void> {
    const acceptedAtMs = this.#channel.services.nowMs();
    try {
      const outgoing = { ...this.#accept(message), ref: message.ref, acceptedAtMs };
      const grants = this.#channel.policies.write();
      if (grants instanceof Promise) return this.#sendWhenAllowed(outgoing, grants);
      this.#sendIfAllowed(outgoing, grants);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.outcome.effect === "crash") this.#channel.crash("a broadcast payload must be an object");
      else this.#refuse(message.ref, error);
    }
  }

  /** @throws Refusal MessagePerSecondRateLimitReached, PayloadSizeExceeded, and those of the push itself */
  #accept(message: ClientMessage): { broadcast: Broadcast; sizeBytes: number } {
    const { config, peer } = this.#channel;
    const { project, codec } = peer;
    project.counters.messagesIn += 1;
    const verdict = project.rates.take("events");
    if (!verdict.ok) {
      throw new Refusal("MessagePerSecondRateLimitReached", { retryAfterMs: verdict.retryAfterMs });
    }
    const broadcast = parseBroadcastPush(message, { vsn: codec.vsn, named: config.broadcast.sequence });
    const sizeBytes = broadcastBytes(broadcast);
    if (sizeBytes > payloadBytesMax(project.record.limits.maxPayloadSizeInKb)) {
      throw new Refusal("PayloadSizeExceeded");
    }
    return { broadcast, sizeBytes };
  }

  async #sendWhenAllowed(outgoing: Outgoing, asked: Promise<{ broadcast?: boolean }>): Promise<void> {
    try {
      const grants = await asked;
      if (this.#channel.isOpen) this.#sendIfAllowed(outgoing, grants);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#channel.isOpen) this.#refuse(outgoing.ref, unchecked(error));
    }
  }

  #sendIfAllowed(outgoing: Outgoing, grants: { broadcast?: boolean }): void {
    if (grants.broadcast === true) this.#send(outgoing);
    else this.#refuse(outgoing.ref, denied(this.#channel.room.topic));
  }

  #send({ broadcast, ref, sizeBytes, acceptedAtMs }: Outgoing): void {
    const { channelId, config, peer, room, services, report } = this.#channel;
    const options = { sender: channelId, self: config.broadcast.self, acceptedAtMs };
    const published = services.relay.publish(room, broadcast, options);
    const { position, recipients } = published;
    peer.project.rates.charge("events", recipients);
    services.metrics.payload(room.ref, "broadcast", sizeBytes);
    // The sender's own copy is already in its outbox: it comes before the reply (protocol 12.17).
    if (config.broadcast.ack) this.#channel.accept(ref, config.broadcast.sequence ? toAck(published) : {});
    if (!report.watched) return;
    const fannedOut = services.nowMs();
    services.afterTurn(() => {
      const socket = services.nowMs();
      report.broadcast(room, {
        event: eventOf(broadcast),
        user: this.#channel.user,
        sizeBytes,
        recipients,
        position,
        latencyMs: socket - acceptedAtMs,
        payload: textOf(broadcast),
        times: { accepted: acceptedAtMs, fannedOut, socket },
      });
    });
  }

  /** The message is refused; the channel lives and its receivers never notice. */
  #refuse(ref: Ref, refusal: Refusal): void {
    const { config, peer, room, report, services } = this.#channel;
    services.metrics.refused(peer.project.ref, refusal.code);
    report.frequentRefusal(room.topic, refusal.code, { private: room.private, message: refusal.reason() });
    if (config.broadcast.ack) this.#channel.refuse(ref, refusal);
    else if (this.#mayTell(refusal)) this.#channel.system(broadcastRefused(room.topic, refusal));
  }

  /** Without ack: too large is silent as on Supabase (protocol 4.2), denied is told once, the rest once per second. */
  #mayTell({ code }: Refusal): boolean {
    if (code === "PayloadSizeExceeded") return false;
    if (code === "Unauthorized") {
      const { policies } = this.#channel;
      const isFirst = this.#toldDeniedBy !== policies;
      this.#toldDeniedBy = policies;
      return isFirst;
    }
    const nowMs = this.#channel.services.pulse.nowMs();
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }
}

/** Where the sender's own message stands, so that a resume does not bring it back (difference D6). */
function toAck({ position: { origin, seq }, repeated }: Published): object {
  return repeated ? { origin, seq, repeated } : { origin, seq };
}

function denied(topic: string): Refusal {
  const message = `You do not have permissions to write to this Channel topic: ${topic}`;
  return new Refusal("Unauthorized", { message });
}

/** The policies could not be asked; the sender learns what stood in the way (promise P7). */
function unchecked(cause: Refusal): Refusal {
  if (!mayPass(cause)) return cause;
  const { message, stage, elapsedMs, retryAfterMs } = cause;
  return new Refusal("UnableToHandleBroadcast", { message, stage, elapsedMs, retryAfterMs, cause });
}

function eventOf(broadcast: Broadcast): string | undefined {
  if (broadcast.form !== "verbatim") return broadcast.event;
  const payload: unknown = JSON.parse(broadcast.payloadJson);
  const isNamed = typeof payload === "object" && payload !== null && "event" in payload;
  return isNamed && typeof payload.event === "string" ? payload.event : undefined;
}

function textOf(broadcast: Broadcast): string {
  if (broadcast.form === "verbatim") return broadcast.payloadJson;
  if (broadcast.form === "user" && broadcast.encoding === "json")
    return Buffer.from(broadcast.payload).toString("utf8");
  return `<${broadcast.payload.byteLength} bytes>`;
}
