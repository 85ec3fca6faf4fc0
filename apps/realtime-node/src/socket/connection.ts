import { setMaxListeners } from "node:events";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import { type ErrorCode, outcomeOf } from "@tidewire/protocol/errors";
import { type Codec, MalformedFrame } from "@tidewire/protocol/phoenix/codec";
import type { ClientMessage, ServerFrame } from "@tidewire/protocol/phoenix/frame";
import { type Identity, roleOf, userOf } from "../auth/claims.ts";
import type { ChannelServices, Peer, ProjectPort } from "../channel/ports.ts";
import { Report } from "../channel/report.ts";
import { Router } from "../channel/router.ts";
import type { OpenConnection, SocketEvidence } from "./connections.ts";
import { CountedSink } from "./counted-sink.ts";
import { NO_CLOSE_FRAME, toDeparture } from "./departure.ts";
import { Outbox, type Turn } from "./outbox.ts";
import type { Pulse } from "./pulse.ts";
import type { Transport } from "./transport.ts";
import { clientKey, type UpgradeRequest } from "./upgrade-request.ts";
import { Vitals } from "./vitals.ts";
import { type Frames, PING_FRAME, toWireFrame } from "./wire-frame.ts";

export interface ConnectionOptions {
  id: string;
  node: string;
  transport: Transport;
  request: UpgradeRequest;
  project: ProjectPort;
  codec: Codec;
  identity: Identity;
  services: ChannelServices;
  pulse: Pulse;
  turn: Turn;
  /** Called once, when its transport is gone. */
  onGone(connection: Connection): void;
}

/**
 * One client: bytes in go to the codec and on to the router, frames out go to the outbox. Every rule lives elsewhere;
 * this file ties them to one life, from the handshake to the last byte, whatever transport carries it.
 */
export class Connection implements Peer, OpenConnection {
  readonly id: string;
  readonly ref: string;
  readonly project: ProjectPort;
  readonly codec: Codec;
  readonly identity: Identity;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: string;
  /** What the hub and the changes deliver, counted; replies and pushes go out uncounted through `send`. */
  readonly outbox: { offer(frames: Frames): boolean };
  readonly #options: ConnectionOptions;
  readonly #sinceMs: number;
  readonly #vitals: Vitals;
  readonly #outbox: Outbox;
  readonly #router: Router;
  readonly #report: Report;
  readonly #life = new AbortController();
  readonly #check: { cancel(): void };
  #closedBy: ErrorCode | undefined;
  /** Its channels have ended; at most a close handshake is left. */
  #over = false;
  #gone = false;

  constructor(options: ConnectionOptions) {
    const { id, project, codec, identity, request, services, pulse, turn, transport } = options;
    this.#options = options;
    this.id = id;
    this.ref = project.ref;
    this.project = project;
    this.codec = codec;
    this.identity = identity;
    this.headers = request.headers;
    this.client = clientKey(request);
    this.#sinceMs = services.nowMs();
    this.#vitals = new Vitals(pulse.nowMs());
    this.#report = new Report(services.tap, this.ref, id);
    const { counters } = project;
    this.#outbox = new Outbox(turn, new CountedSink(transport, counters), () => this.close("SlowConsumer"));
    this.outbox = {
      offer: (frames) => {
        const isTaken = this.#outbox.offer(frames);
        if (isTaken) counters.deliveries += 1;
        return isTaken;
      },
    };
    this.#router = new Router({
      peer: this,
      services,
      report: this.#report,
      onOccupied: (hasChannel) => this.#vitals.occupied(hasChannel, pulse.nowMs()),
    });
    counters.connections += 1;
    // As many listen as channels wait for something; Node would take eleven of them for a leak.
    setMaxListeners(0, this.#life.signal);
    this.#listen();
    this.#check = pulse.schedule(pulse.nowMs(), (nowMs) => this.#checkLife(nowMs));
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  send(frame: ServerFrame): void {
    this.#outbox.offer(toWireFrame(this.codec.encode(frame)));
  }

  close(code: ErrorCode): void {
    if (this.#over) return;
    this.#closedBy = code;
    this.#end();
    this.#options.transport.close(outcomeOf(code).closeCode);
  }

  disconnect(code: ErrorCode): void {
    if (this.#over) return;
    this.#router.announceDisconnect();
    this.close(code);
  }

  terminate(): void {
    this.#options.transport.terminate();
    this.#onGone(NO_CLOSE_FRAME);
  }

  evict(channelId: string, code: ErrorCode): boolean {
    return this.#router.evict(channelId, code);
  }

  readonly onDefect = (error: unknown): void => {
    this.#options.services.log.error(
      { err: error, connection: this.id, ref: this.ref },
      "a connection failed",
    );
    this.close("InternalError");
  };

  info(): ConnectionInfo {
    const { node, request, transport } = this.#options;
    const { lastByteMs, pingsOutstanding, bufferedBytes } = this.evidence();
    return {
      id: this.id,
      node,
      ref: this.ref,
      sinceMs: this.#sinceMs,
      transport: transport.kind,
      vsn: this.codec.vsn,
      role: roleOf(this.identity.claims),
      user: userOf(this.identity.claims),
      address: request.address,
      userAgent: request.userAgent,
      lastByteMs,
      pingsOutstanding,
      bufferedBytes,
      channels: this.#router.list(),
    };
  }

  evidence(): SocketEvidence {
    const { services, pulse } = this.#options;
    const now = { epochMs: services.nowMs(), monotonicMs: pulse.nowMs(), resumedAtMs: pulse.resumedAtMs };
    return this.#vitals.toEvidence(this.#outbox.bufferedBytes, now);
  }

  #listen(): void {
    const { transport, pulse } = this.#options;
    transport.listen({
      heard: (bytes) => {
        this.#vitals.heardByte(pulse.nowMs());
        this.project.counters.bytesIn += bytes;
      },
      prompted: () => this.#vitals.heardMessage(pulse.nowMs()),
      message: (data, isBinary) => this.#receive(data, isBinary),
      failed: (error, code) => this.#onFailure(error, code),
      gone: (closeCode) => this.#onGone(closeCode),
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#over) return;
    this.#vitals.heardMessage(this.#options.pulse.nowMs());
    try {
      const message = this.#decode(data, isBinary);
      if (message !== undefined) this.#router.receive(message, data.byteLength);
    } catch (error) {
      this.onDefect(error);
    }
  }

  /** Undefined for a frame that is dropped; the socket stays open (protocol 1.8). */
  #decode(data: Buffer, isBinary: boolean): ClientMessage | undefined {
    try {
      return isBinary ? this.codec.decodeBinary(data) : this.codec.decodeText(data.toString("utf8"));
    } catch (error) {
      const isMalformed = error instanceof MalformedFrame;
      const code = isMalformed ? "MalformedWebSocketMessage" : "UnknownErrorOnWebSocketMessage";
      const { services } = this.#options;
      services.metrics.refused(this.ref, code);
      services.log.debug({ err: error, code, connection: this.id, ref: this.ref }, "a frame was dropped");
      const message = error instanceof Error ? error.message : String(error);
      this.#report.frequentRefusal(undefined, code, { message, sizeBytes: data.byteLength });
      return undefined;
    }
  }

  #checkLife(nowMs: number): number | undefined {
    if (this.#over) return undefined;
    const { transport } = this.#options;
    if (transport.isAttended) this.#vitals.heardByte(nowMs);
    const verdict = this.#vitals.judge(nowMs, this.#options.pulse.resumedAtMs);
    if (verdict.kind === "close") {
      if (verdict.code === "SilentClient") this.project.counters.evictions += 1;
      this.close(verdict.code);
      return undefined;
    }
    if (verdict.kind === "ping" && transport.answersPings) {
      this.#vitals.pinged(nowMs);
      this.#outbox.offer(PING_FRAME);
    }
    return verdict.againAtMs;
  }

  #onFailure(error: Error, code: ErrorCode | undefined): void {
    this.#closedBy ??= code;
    this.#options.services.log.debug({ err: error, connection: this.id }, "a socket failed");
    this.#end();
  }

  #onGone(closeCode: number): void {
    this.#end(closeCode);
    if (this.#gone) return;
    this.#gone = true;
    this.#options.onGone(this);
  }

  /** Channels end at once, not when the close handshake is through: a dead client would never finish it. */
  #end(closeCode = NO_CLOSE_FRAME): void {
    if (this.#over) return;
    this.#over = true;
    this.#check.cancel();
    const silentMs = this.#vitals.silentMs(this.#options.pulse.nowMs());
    const departure = toDeparture({ closedBy: this.#closedBy, closeCode, silentMs });
    this.#router.close(departure);
    this.#outbox.close();
    this.#life.abort();
    this.project.counters.connections -= 1;
    this.#report.close(this.#closedBy, {
      event: departure.cause,
      user: userOf(this.identity.claims),
      message:
        this.#closedBy === undefined ? `closed by the client (${closeCode})` : outcomeOf(this.#closedBy).text,
    });
  }
}
