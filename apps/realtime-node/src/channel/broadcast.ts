import { Refusal } from "@tidewire/protocol/errors";
import type { ClientMessage, ClientPush, ClientUserBroadcast, Ref } from "@tidewire/protocol/phoenix/frame";
import { payloadBytesMax } from "@tidewire/protocol/phoenix/limits";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import { broadcastRefused } from "@tidewire/protocol/supabase/system";
import type { Channel } from "./channel.ts";

/** Difference D5: a sender over its limit is told once per second, not once per message. */
const TOLD_EVERY_MS = 1_000;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** What a client sends on one channel, from acceptance to the relay (protocol 4.1, 4.2; differences D4, D5). */
export class Broadcasts {
  readonly #channel: Channel;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #toldDenied = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Permission may have changed: a denial is told again. */
  forgetDenial(): void {
    this.#toldDenied = false;
  }

  /** A promise only when permission has to be asked for; later messages of the topic then wait. */
  receive(message: ClientMessage): void | Promise<void> {
    const { peer, services, policies } = this.#channel;
    const acceptedAtMs = services.nowMs();
    peer.project.counters.messagesIn += 1;
    const verdict = peer.project.rates.take("events");
    if (!verdict.ok) {
      return this.#refuse(message.ref, tooMany(verdict.retryAfterMs));
    }
    if (isListOrNull(message) && this.#isHeardBySerializer2()) {
      return this.#channel.crash("broadcast payload must be an object");
    }
    const sizeBytes = sizeOf(message);
    if (sizeBytes > payloadBytesMax(peer.project.record.limits.maxPayloadSizeInKb)) {
      return this.#refuse(message.ref, new Refusal("PayloadSizeExceeded"));
    }
    const broadcast = toBroadcast(message);
    if (broadcast instanceof Refusal) return this.#refuse(message.ref, broadcast);
    const outgoing = { broadcast, ref: message.ref, sizeBytes, acceptedAtMs };
    const grants = policies.write();
    if (grants instanceof Promise) return this.#sendWhenAllowed(outgoing, grants);
    this.#sendIfAllowed(outgoing, grants);
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
    const { position, recipients } = services.relay.publish(room, broadcast, options);
    peer.project.rates.charge("events", recipients);
    services.metrics.payload("broadcast", sizeBytes);
    // The sender's own copy is already in its outbox: it comes before the reply (protocol 12.17).
    if (config.broadcast.ack) this.#channel.reply(ref, "ok", {});
    if (!report.watched) return;
    services.afterTurn(() => {
      report.broadcast(room, {
        event: eventOf(broadcast),
        user: this.#channel.user,
        sizeBytes,
        recipients,
        position,
        latencyMs: services.nowMs() - acceptedAtMs,
        payload: textOf(broadcast),
      });
    });
  }

  /** The message is refused; the channel lives and its receivers never notice. */
  #refuse(ref: Ref, refusal: Refusal): void {
    const { config, peer, room, report, services } = this.#channel;
    services.metrics.refused(peer.project.ref, refusal.code);
    report.frequentRefusal(room.topic, refusal.code, { private: room.private, message: refusal.reason() });
    if (refusal.code === "PayloadSizeExceeded") {
      // A bare string, as Supabase answers it, and silence without ack (protocol 4.2).
      if (config.broadcast.ack) this.#channel.reply(ref, "error", refusal.reason());
      return;
    }
    if (config.broadcast.ack) this.#channel.reply(ref, "error", { reason: refusal.reason() });
    else if (this.#mayTell(refusal)) this.#channel.system(broadcastRefused(room.topic, refusal));
  }

  #mayTell({ code }: Refusal): boolean {
    if (code === "Unauthorized") {
      const isFirst = !this.#toldDenied;
      this.#toldDenied = true;
      return isFirst;
    }
    const nowMs = this.#channel.services.pulse.nowMs();
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return false;
    this.#toldAtMs = nowMs;
    return true;
  }

  /** Members with serializer 2.0.0 fail on such payloads, so on Supabase the sender's channel does (protocol 12.19). */
  #isHeardBySerializer2(): boolean {
    const { services, room, channelId, config } = this.#channel;
    for (const member of services.hub.members(room)) {
      if (member.codec.vsn !== "2.0.0") continue;
      if (member.channelId !== channelId || config.broadcast.self) return true;
    }
    return false;
  }
}

interface Outgoing {
  broadcast: Broadcast;
  ref: Ref;
  sizeBytes: number;
  acceptedAtMs: number;
}

function isListOrNull(message: ClientMessage): boolean {
  return message.kind === "push" && (message.payload === null || Array.isArray(message.payload));
}

function sizeOf(message: ClientMessage): number {
  if (message.payload instanceof Uint8Array) return message.payload.byteLength;
  return Buffer.byteLength((message as ClientPush).payloadJson ?? "");
}

/** Bytes are copied: a view would keep the whole received chunk alive for as long as the history does. */
function toBroadcast(message: ClientMessage): Broadcast | Refusal {
  if (message.kind === "user-broadcast") return toUserBroadcast(message);
  if (message.payload instanceof Uint8Array) {
    return { form: "raw", event: "broadcast", payload: Buffer.from(message.payload) };
  }
  return { form: "verbatim", payloadJson: message.payloadJson ?? JSON.stringify(message.payload) };
}

function toUserBroadcast({ event, encoding, payload }: ClientUserBroadcast): Broadcast | Refusal {
  if (encoding === "json" && !isJson(payload)) return new Refusal("InvalidBroadcastPayload");
  return { form: "user", event, encoding, payload: Buffer.from(payload) };
}

/** Broken JSON would reach members of serializer 1.0.0 inside a text frame they cannot parse (protocol 12.8). */
function isJson(payload: Uint8Array): boolean {
  try {
    JSON.parse(strictUtf8.decode(payload));
    return true;
  } catch {
    return false;
  }
}

function tooMany(retryAfterMs: number): Refusal {
  return new Refusal("MessagePerSecondRateLimitReached", { retryAfterMs });
}

function denied(topic: string): Refusal {
  const message = `You do not have permissions to write to this Channel topic: ${topic}`;
  return new Refusal("Unauthorized", { message });
}

/** The policies could not be asked; the sender learns what stood in the way (promise P7). */
function unchecked(cause: Refusal): Refusal {
  if (cause.outcome.retry !== "with-backoff")
    return cause.code === "RlsPolicyError" ? new Refusal("Unauthorized", { cause }) : cause;
  const { stage, elapsedMs, retryAfterMs } = cause;
  return new Refusal("UnableToHandleBroadcast", {
    message: cause.message,
    stage,
    elapsedMs,
    retryAfterMs,
    cause,
  });
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
