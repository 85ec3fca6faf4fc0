import type { ClientMessage, ClientPush } from "@tidewire/protocol/phoenix/frame";
import { serverRequestedDisconnect } from "@tidewire/protocol/supabase/system";
import { ChannelToken } from "./access-token.ts";
import { Broadcasts } from "./broadcast.ts";
import { ChannelChanges } from "./changes.ts";
import type { Channel } from "./channel.ts";
import { ChannelPresence } from "./presence.ts";
import { announceReplication } from "./replication-ready.ts";

/** `presence_state` follows the answer about row changes when that comes within this time (protocol 12.17). */
const STATE_WAITS_MS = 300;

/** A channel that was let in, with everything that can be said on it. */
export class JoinedChannel {
  readonly channel: Channel;
  readonly #broadcasts: Broadcasts;
  readonly #presence: ChannelPresence;
  readonly #changes: ChannelChanges;
  readonly #token: ChannelToken;

  constructor(channel: Channel) {
    this.channel = channel;
    this.#broadcasts = new Broadcasts(channel);
    this.#presence = new ChannelPresence(channel);
    this.#changes = new ChannelChanges(channel);
    this.#token = new ChannelToken(channel, () => this.#onTokenAccepted());
  }

  /** What follows the join's reply: row changes, replication, then the presence state (protocol 3.4, 12.17). */
  start(): void {
    const { config, peer, services } = this.channel;
    this.#token.watch();
    const answers = [this.#changes.start()];
    if (config.broadcast.replicationReady) answers.push(announceReplication(this.channel));
    const answered = Promise.all(answers);
    answered.catch(peer.onDefect);
    if (!this.#showsPresence()) return;
    const isQuick = config.bindings.length === 0 && !config.broadcast.replicationReady;
    if (isQuick) {
      this.#presence.sendState();
      return;
    }
    const patience = services.pulse.delay(STATE_WAITS_MS, peer.signal);
    Promise.race([answered, patience]).then(() => this.#presence.sendState(), peer.onDefect);
  }

  /** A promise only when somebody has to be asked; later messages of the topic then wait. */
  receive(message: ClientMessage): void | Promise<void> {
    if (message.kind === "user-broadcast") return this.#broadcasts.receive(message);
    switch (message.event) {
      case "broadcast":
        return this.#broadcasts.receive(message);
      case "presence":
        return this.#presence.receive(message);
      case "access_token":
        return this.#token.receive(message.payload);
      case "phx_leave":
        return this.#leave(message);
      default:
        // Unknown events are counted and dropped (protocol 3.10).
        this.channel.peer.project.rates.charge("events", 1);
    }
  }

  /** Sent before the server closes the socket: it alone is no push of the channel, and has no `channel` (protocol 1.6). */
  announceDisconnect(): void {
    const { peer, fullTopic: topic } = this.channel;
    peer.send({ joinRef: null, ref: null, topic, event: "system", payload: serverRequestedDisconnect() });
  }

  #leave({ joinRef, ref }: ClientPush): void {
    if (this.channel.isLeftBy(joinRef)) this.channel.leave(ref);
  }

  #onTokenAccepted(): void {
    this.#changes.start().catch(this.channel.peer.onDefect);
  }

  #showsPresence(): boolean {
    const { config, peer } = this.channel;
    return config.presence.enabled || peer.project.record.settings.presenceEnabled;
  }
}
