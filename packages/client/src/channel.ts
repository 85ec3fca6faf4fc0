import type { RealtimeChannel } from "@supabase/realtime-js";
import { Chronicle, type Gap, type Recovery, type SystemEntry } from "./chronicle.ts";
import { type BroadcastMeta, Continuity, type Positions } from "./continuity.ts";
import { createId } from "./create-id.ts";
import { type Accepted, Outbound, type OutboundMessage } from "./outbound.ts";
import { completeJoinPayload, interceptEvents, type PhoenixChannel, phoenixOf, rejoinNow } from "./seams.ts";
import { isAboutToken, type SystemPayload, toMeaning } from "./system-message.ts";

const PUBLISH_TIMEOUT_MS = 30_000;

export interface PublishOptions {
  /**
   * The name of the message, at most 128 bytes: the same name again, within the history of the server, is not heard
   * twice. Made up when absent.
   */
  id?: string;
  /** How long to go on trying, reconnects included. Default 30 s. */
  timeoutMs?: number;
}

/** How a channel stands, and what happened on it lately. */
export interface ChannelDiagnosis {
  topic: string;
  state: string;
  /** False when the server gives no positions: then this is plain realtime-js. */
  continuous: boolean;
  positions: Positions;
  /** Messages that came a second time and were dropped. */
  duplicates: number;
  /** Published, and not yet answered by the server. */
  waiting: number;
  gaps: readonly Gap[];
  recoveries: readonly Recovery[];
  systems: readonly SystemEntry[];
}

export interface Continuous {
  /**
   * Sends a broadcast that the room hears exactly once and in order, through any number of reconnects.
   *
   * Resolves when the server has it (with `ack: false`: when it is written). Rejects with `PublishRefused`,
   * `PublishTimedOut` (the server may have it: try again with the same id) or `PublishQueueFull`.
   */
  publish(event: string, payload: unknown, options?: PublishOptions): Promise<Accepted>;
  /** Messages were lost for this client; nothing is lost without it. Returns the way to stop listening. */
  onGap(listener: (gap: Gap) => void): () => void;
  /** This client came back and was given what it missed. Returns the way to stop listening. */
  onRecovered(listener: (recovery: Recovery) => void): () => void;
  diagnose(): ChannelDiagnosis;
}

/** A channel of realtime-js that misses nothing. */
export type TidewireChannel = RealtimeChannel & Continuous;

/** @param refreshToken asks for a token that is good now; resolves to what there is */
export function makeContinuous(
  channel: RealtimeChannel,
  refreshToken: () => Promise<string | null>,
): TidewireChannel {
  const link = new ChannelLink(channel, refreshToken);
  return Object.assign(channel, {
    publish: link.publish.bind(link),
    onGap: link.onGap.bind(link),
    onRecovered: link.onRecovered.bind(link),
    diagnose: link.diagnose.bind(link),
  });
}

/** Listens to one channel of realtime-js from below. */
class ChannelLink implements Continuous {
  readonly #channel: RealtimeChannel;
  readonly #phoenix: PhoenixChannel;
  readonly #refreshToken: () => Promise<string | null>;
  readonly #continuity = new Continuity();
  readonly #chronicle = new Chronicle();
  readonly #outbound = new Outbound({
    canWrite: () => this.#phoenix.state === "joined" && this.#phoenix.socket.isConnected(),
    write: (message) => this.#write(message),
  });
  readonly #gapListeners = new Set<(gap: Gap) => void>();
  readonly #recoveryListeners = new Set<(recovery: Recovery) => void>();
  /** What this client last said of itself: said again after a reconnect. */
  #tracked: unknown;
  #endedByToken: string | undefined;
  /** The token of the last join. */
  #joinedWith: unknown;

  constructor(channel: RealtimeChannel, refreshToken: () => Promise<string | null>) {
    this.#channel = channel;
    this.#phoenix = phoenixOf(channel);
    this.#refreshToken = refreshToken;
    completeJoinPayload(this.#phoenix, (payload) => {
      this.#joinedWith = payload.access_token;
      return withContinuity(payload, this.#continuity);
    });
    interceptEvents(this.#phoenix, (event, payload, pass) => this.#onEvent(event, payload, pass));
    this.#phoenix.joinPush.receive("ok", (reply) => this.#onJoined(reply));
    this.#phoenix.joinPush.receive("error", (reply) => this.#onRefused(reply));
    this.#rememberPresence();
  }

  publish(event: string, payload: unknown, options: PublishOptions = {}): Promise<Accepted> {
    const { id = createId(), timeoutMs = PUBLISH_TIMEOUT_MS } = options;
    if (!this.#config.self) this.#continuity.sent(id);
    return this.#outbound.publish({ id, event, payload, timeoutMs });
  }

  onGap(listener: (gap: Gap) => void): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  onRecovered(listener: (recovery: Recovery) => void): () => void {
    this.#recoveryListeners.add(listener);
    return () => this.#recoveryListeners.delete(listener);
  }

  diagnose(): ChannelDiagnosis {
    const { positions, duplicates } = this.#continuity;
    const { gaps, recoveries, systems } = this.#chronicle;
    return {
      topic: this.#channel.subTopic,
      state: this.#channel.state,
      continuous: positions !== undefined,
      positions: positions ?? {},
      duplicates,
      waiting: this.#outbound.waiting,
      gaps: [...gaps],
      recoveries: [...recoveries],
      systems: [...systems],
    };
  }

  get #config(): { self?: boolean; ack?: boolean } {
    return this.#channel.params.config.broadcast ?? {};
  }

  #write({ id, event, payload, timeoutMs }: OutboundMessage): void {
    const push = this.#phoenix.push("broadcast", { type: "broadcast", event, payload, id }, timeoutMs);
    if (!this.#config.ack) {
      this.#outbound.accepted(id, {});
      return;
    }
    push.receive("ok", (reply) => {
      const { origin, seq, repeated } = reply as Partial<Accepted>;
      const isPlaced = origin !== undefined && seq !== undefined && repeated !== true;
      if (isPlaced) this.#continuity.accepted(origin, seq);
      this.#outbound.accepted(id, { origin, seq, repeated });
    });
    push.receive("error", (reply) => this.#outbound.refused(id, toReason(reply)));
  }

  #onJoined(reply: object): void {
    this.#continuity.joined(reply);
    if (this.#tracked !== undefined) {
      this.#phoenix.push("presence", { type: "presence", event: "track", payload: this.#tracked });
    }
    this.#outbound.open();
  }

  #onRefused(reply: unknown): void {
    if (isAboutToken(toReason(reply))) void this.#rejoinWithFreshToken();
  }

  #onEvent(event: string, payload: unknown, pass: (event: string, payload: unknown) => void): void {
    switch (event) {
      case "broadcast":
        if (this.#continuity.admit((payload as { meta?: BroadcastMeta }).meta)) pass(event, payload);
        return;
      case "system":
        pass(event, payload);
        this.#onSystem(payload as SystemPayload);
        return;
      case "phx_error":
        this.#outbound.pause();
        pass(event, payload);
        return;
      case "phx_close":
        this.#onClose(payload, pass);
        return;
      default:
        pass(event, payload);
    }
  }

  #onSystem(payload: SystemPayload): void {
    const { extension = "", status = "", message = "" } = payload;
    const atMs = Date.now();
    this.#chronicle.add("systems", { atMs, extension, status, message });
    if (extension === "system" && isAboutToken(message)) this.#endedByToken = message;
    const { gap, recovery } = toMeaning(payload, atMs);
    if (gap?.origin !== undefined && gap.toSeq !== undefined) this.#continuity.lost(gap.origin, gap.toSeq);
    if (recovery !== undefined) this.#continuity.resumed();
    if (gap !== undefined) {
      this.#chronicle.add("gaps", gap);
      for (const listener of this.#gapListeners) listener(gap);
    }
    if (recovery !== undefined) {
      this.#chronicle.add("recoveries", recovery);
      for (const listener of this.#recoveryListeners) listener(recovery);
    }
  }

  /** A channel that ended because its token did comes back with the next one; any other end is the end. */
  #onClose(payload: unknown, pass: (event: string, payload: unknown) => void): void {
    const reason = this.#endedByToken;
    this.#endedByToken = undefined;
    if (reason === undefined || this.#phoenix.state === "leaving") {
      this.#outbound.close();
      pass("phx_close", payload);
      return;
    }
    this.#outbound.pause();
    pass("phx_error", new Error(reason));
    void this.#rejoinWithFreshToken();
  }

  /** Without another token the usual backoff goes on: the application may still set one. */
  async #rejoinWithFreshToken(): Promise<void> {
    if ((await this.#refreshToken()) !== this.#joinedWith) rejoinNow(this.#phoenix);
  }

  #rememberPresence(): void {
    const send = this.#channel.send.bind(this.#channel);
    this.#channel.send = (args, options) => {
      if (args.type === "presence") this.#tracked = args.event === "track" ? (args.payload ?? {}) : undefined;
      return send(args, options);
    };
  }
}

function withContinuity(payload: Record<string, unknown>, continuity: Continuity): Record<string, unknown> {
  const config = (payload.config ?? {}) as { broadcast?: object };
  return { ...payload, config: { ...config, broadcast: { ...config.broadcast, ...continuity.toConfig() } } };
}

function toReason(reply: unknown): string {
  if (typeof reply === "string") return reply;
  const reason: unknown =
    typeof reply === "object" && reply !== null ? Reflect.get(reply, "reason") : undefined;
  return typeof reason === "string" ? reason : JSON.stringify(reply ?? "refused");
}
