import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { Refusal } from "@tidewire/protocol/errors";
import { bindingsRefused, type SystemPayload, subscribed } from "@tidewire/protocol/supabase/system";
import type { Channel } from "./channel.ts";
import { mayPass } from "./may-pass.ts";
import type { ChangesMember } from "./ports.ts";

const RETRY_AFTER_MS = 1_000;
const RETRY_AFTER_MS_MAX = 10_000;

/**
 * The row changes one channel asked for. All its bindings stand or fall together (protocol 6.3): a refusal that only a
 * change can mend is told once and that is that; one that may pass is told once and tried again until the channel ends.
 */
export class ChannelChanges implements ChangesMember {
  readonly #channel: Channel;
  /** Counts subscriptions wanted, so that an answer to an older wish is not told. */
  #wish = 0;
  /** The refusal the client knows of; it is not told the same twice. */
  #told: string | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    if (channel.config.bindings.length === 0) return;
    channel.onEnd(() => channel.services.bindings.unsubscribe(channel.channelId));
  }

  get channelId(): string {
    return this.#channel.channelId;
  }

  get ref(): string {
    return this.#channel.ref;
  }

  /**
   * Subscribes with the channel's present claims, also after they changed: the old subscription goes on until the new
   * one stands. Resolves when the first answer has been told to the client; never rejects for a refusal.
   */
  async start(): Promise<void> {
    const { config, room } = this.#channel;
    if (config.bindingError !== undefined) {
      if (this.#told === undefined) this.#channel.system(bindingsRefused(room.topic, config.bindingError));
      this.#told = config.bindingError;
    }
    if (config.bindings.length === 0) return;
    this.#wish += 1;
    await this.#attempt(this.#wish, RETRY_AFTER_MS);
  }

  deliver(ids: number[], dataJson: string, envelope: ChangeEnvelope): void {
    if (!this.#channel.isOpen) return;
    const { codec, fullTopic, config, services, peer } = this.#channel;
    const recipient = { codec, fullTopic, legacy: config.legacy };
    peer.outbox.offer(services.changeFrames.frameFor(recipient, ids, dataJson, envelope));
  }

  system(payload: SystemPayload): void {
    this.#channel.system({ ...payload, channel: this.#channel.room.topic });
  }

  async #attempt(wish: number, retryAfterMs: number): Promise<void> {
    const { config, identity, room, services } = this.#channel;
    try {
      const { lsn } = await services.bindings.subscribe(this, config.bindings, identity.claims);
      if (!this.#isCurrent(wish)) return;
      this.#told = undefined;
      this.#channel.system(subscribed(room.topic, lsn));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!this.#isCurrent(wish)) return;
      this.#tell(error);
      if (mayPass(error)) this.#retryLater(wish, Math.max(retryAfterMs, error.retryAfterMs ?? 0));
    }
  }

  #tell(refusal: Refusal): void {
    const { room, report, services } = this.#channel;
    if (this.#told === refusal.code) return;
    this.#told = refusal.code;
    services.metrics.refused(this.ref, refusal.code);
    report.refusal(room.topic, refusal.code, { private: room.private, message: refusal.reason() });
    this.#channel.system(bindingsRefused(room.topic, refusal.reason()));
  }

  #retryLater(wish: number, afterMs: number): void {
    const { services, peer } = this.#channel;
    const jitteredMs = afterMs * (0.5 + Math.random() / 2);
    services.pulse.schedule(services.pulse.nowMs() + jitteredMs, () => {
      if (!this.#isCurrent(wish)) return undefined;
      this.#attempt(wish, Math.min(afterMs * 2, RETRY_AFTER_MS_MAX)).catch(peer.onDefect);
      return undefined;
    });
  }

  #isCurrent(wish: number): boolean {
    return this.#wish === wish && this.#channel.isOpen;
  }
}
