import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { Refusal } from "@tidewire/protocol/errors";
import { bindingsRefused, type SystemPayload } from "@tidewire/protocol/supabase/system";
import { ChangeRecipient } from "./change-frames.ts";
import type { Channel } from "./channel.ts";
import type { ChangesMember } from "./ports.ts";

/**
 * The row changes one channel asked for. All its bindings stand or fall together (protocol 6.3). Whether they stand,
 * and what became of the database, the client is told by the bindings themselves; here it is only passed on.
 */
export class ChannelChanges implements ChangesMember {
  readonly #channel: Channel;
  readonly #recipient: ChangeRecipient;
  #toldBindingError = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#recipient = new ChangeRecipient(channel.codec, channel.fullTopic, channel.config.legacy);
    if (channel.config.bindings.length === 0) return;
    channel.onEnd(() => channel.services.bindings.unsubscribe(channel.channelId));
  }

  get channelId(): string {
    return this.#channel.channelId;
  }

  get ref(): string {
    return this.#channel.ref;
  }

  get topic(): string {
    return this.#channel.room.topic;
  }

  /**
   * Subscribes with the channel's present claims, also after they changed: the old subscription goes on until the new
   * one stands. Resolves when the client has been told the outcome, or the channel has ended; a refusal is an outcome.
   */
  async start(): Promise<void> {
    const { bindings, bindingError } = this.#channel.config;
    if (bindingError !== undefined && !this.#toldBindingError) {
      this.#toldBindingError = true;
      this.#channel.system(bindingsRefused(this.topic, bindingError));
      this.#note(new Refusal("RealtimeDisabledForConfiguration", { message: bindingError }));
    }
    if (bindings.length === 0) return;
    try {
      await this.#channel.services.bindings.subscribe(this, bindings, this.#channel.identity.claims);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#channel.isOpen) this.#note(error);
    }
  }

  deliver(ids: readonly number[], changes: readonly ChangeEnvelope[]): void {
    if (!this.#channel.isOpen) return;
    const { services, peer } = this.#channel;
    peer.outbox.offer(services.changeFrames.framesFor(this.#recipient, ids, changes));
  }

  system(payload: SystemPayload): void {
    this.#channel.system(payload);
  }

  #note(refusal: Refusal): void {
    const { room, report, services, ref } = this.#channel;
    services.metrics.refused(ref, refusal.code);
    report.refusal(room.topic, refusal.code, { private: room.private, message: refusal.reason() });
  }
}
