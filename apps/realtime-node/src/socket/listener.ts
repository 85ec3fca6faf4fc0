import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { MAX_FRAME_BYTES } from "@tidewire/protocol/phoenix/limits";
import { type WebSocket, WebSocketServer } from "ws";
import { ChangeFrames } from "../channel/change-frames.ts";
import type { ChannelServices } from "../channel/ports.ts";
import type { Project } from "../projects/project.ts";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { drainConnections } from "./drain.ts";
import { FailureDelays } from "./failure-delays.ts";
import { type Admission, admit, type HandshakeFailure, httpAnswer, toHttpAnswer } from "./handshake.ts";
import { Turn } from "./outbox.ts";
import { Pulse } from "./pulse.ts";
import { chooseProtocol, clientKey, parseUpgrade, type UpgradeRequest } from "./upgrade-request.ts";

/** A client that does not answer a close frame by then is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Handshakes under way at one time, each waiting for a token or the control database; more are turned away. */
const HANDSHAKES_MAX = 5_000;
/** Refusals held back at one time; more are told at once, so that slowing one client costs the node little. */
const REFUSALS_WAITING_MAX = 1_000;

const SERVER_OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_BYTES,
  // Supabase does not check it either; a broken sequence is replaced, not refused (protocol 1.6).
  skipUTF8Validation: true,
  handleProtocols: chooseProtocol,
  closeTimeout: CLOSE_TIMEOUT_MS,
};

export interface ListenerDeps
  extends Pick<
    ChannelServices,
    "home" | "hub" | "relay" | "presence" | "bindings" | "tap" | "log" | "seats" | "credentials"
  > {
  node: string;
  metrics: ChannelServices["metrics"] & { handshake(result: "ok" | "error", ms: number): void };
  clock: {
    nowMs(): number;
    monotonicMs(): number;
    every(periodMs: number, run: () => void): { stop(): void };
    after(delayMs: number, run: () => void): { stop(): void };
  };
  projects: { find(ref: string): Promise<Project | undefined>; peek(ref: string): Project | undefined };
}

/** The sockets of a node. */
export interface Listener {
  /** For the `upgrade` event of an HTTP server. Never throws; the socket is answered or closed, whatever it asked. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly connections: Connections;
  /** New handshakes are refused; every client is asked to leave within `drainMs`. Resolves when all sockets are gone. */
  drain(drainMs: number): Promise<void>;
  /** Cuts off what is left and stops every timer. */
  close(): void;
}

export function createListener(deps: ListenerDeps): Listener {
  return new SocketListener(deps);
}

class SocketListener implements Listener {
  readonly connections = new Connections();
  readonly #deps: ListenerDeps;
  readonly #pulse: Pulse;
  readonly #turn = new Turn();
  readonly #delays = new FailureDelays();
  readonly #services: ChannelServices;
  readonly #life = new AbortController();
  readonly #empty = new AbortController();
  readonly #server = new WebSocketServer(SERVER_OPTIONS);
  #handshakes = 0;
  #refusalsWaiting = 0;
  #draining = false;

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    this.#pulse = new Pulse(deps.clock);
    const { clock, node, ...ports } = deps;
    this.#services = {
      ...ports,
      pulse: this.#pulse,
      changeFrames: new ChangeFrames(),
      nowMs: () => clock.nowMs(),
      refusalDelayMs: (client) => this.#delays.failed(client, this.#pulse.nowMs()),
      isDraining: () => this.#draining,
      afterTurn: (task) => this.#turn.afterwards(task),
    };
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away in the middle is no error of ours.
    socket.on("error", ignore);
    const upgrade = parseUpgrade(request);
    if (upgrade === null) socket.end(httpAnswer(404));
    else if (request.method !== "GET") socket.end(httpAnswer(400));
    else if (this.#handshakes >= HANDSHAKES_MAX) socket.end(httpAnswer(503));
    else this.#welcome(upgrade, { request, socket, head });
  }

  #welcome(upgrade: UpgradeRequest, raw: RawUpgrade): void {
    this.#handshakes += 1;
    this.#decide(upgrade, raw)
      .catch((err: unknown) => this.#onFault(err, raw.socket))
      .finally(() => {
        this.#handshakes -= 1;
      });
  }

  #onFault(err: unknown, socket: Duplex): void {
    this.#deps.log.error({ err }, "a handshake failed unforeseen");
    socket.destroy();
  }

  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    const whenEmpty = this.#empty.signal;
    await drainConnections(this.connections, { drainMs, pulse: this.#pulse, whenEmpty });
  }

  close(): void {
    this.#draining = true;
    this.#life.abort();
    for (const connection of this.connections.all()) connection.terminate();
    this.#pulse.stop();
    this.#turn.flush();
  }

  async #decide(upgrade: UpgradeRequest, raw: RawUpgrade): Promise<void> {
    const { projects, credentials, seats, clock } = this.#deps;
    const startedMs = clock.monotonicMs();
    const decision = await admit(upgrade, {
      isDraining: () => this.#draining,
      find: (ref) => projects.find(ref),
      identify: (token, record) => credentials.identify(token, record),
      users: (ref) => seats.users(ref),
    });
    const result = "refusal" in decision ? "error" : "ok";
    this.#deps.metrics.handshake(result, clock.monotonicMs() - startedMs);
    if ("refusal" in decision) {
      // Not awaited: a refusal that is held back is no handshake under way any more.
      this.#refuse(upgrade, decision, raw.socket).catch((err) => this.#onFault(err, raw.socket));
      return;
    }
    raw.socket.off("error", ignore);
    this.#server.handleUpgrade(raw.request, raw.socket, raw.head, (ws) => {
      this.#accept(upgrade, decision, ws, raw.socket as Socket);
    });
  }

  #accept(request: UpgradeRequest, admission: Admission<Project>, ws: WebSocket, socket: Socket): void {
    const connection = new Connection({
      id: randomBytes(9).toString("base64url"),
      node: this.#deps.node,
      ws,
      socket,
      request,
      ...admission,
      services: this.#services,
      pulse: this.#pulse,
      turn: this.#turn,
      onGone: (gone) => this.#onGone(gone),
    });
    this.connections.add(connection);
  }

  #onGone(connection: Connection): void {
    this.connections.delete(connection);
    if (this.#draining && this.connections.size === 0) this.#empty.abort();
  }

  async #refuse(upgrade: UpgradeRequest, { refusal, ref }: HandshakeFailure, socket: Duplex): Promise<void> {
    const { metrics, tap, log } = this.#deps;
    metrics.refused(ref, refusal.code);
    if (refusal.code === "ErrorConnectingToWebsocket")
      log.warn({ err: refusal.cause, ref }, "a handshake failed");
    if (ref !== undefined) {
      tap.emit({ ref, kind: "refusal", event: "handshake", code: refusal.code, message: refusal.message });
    }
    // A wrong serializer is answered at once (protocol 12.4), and so is everybody who was not at fault.
    const isOwnFault = refusal.outcome.retry === "after-change" || refusal.outcome.retry === "after-refresh";
    if (isOwnFault) await this.#holdBack(clientKey(upgrade));
    socket.end(toHttpAnswer(refusal));
  }

  async #holdBack(client: string): Promise<void> {
    const delayMs = this.#delays.failed(client, this.#pulse.nowMs());
    if (this.#refusalsWaiting >= REFUSALS_WAITING_MAX) return;
    this.#refusalsWaiting += 1;
    await this.#pulse.delay(delayMs, this.#life.signal);
    this.#refusalsWaiting -= 1;
  }
}

interface RawUpgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

const ignore = () => undefined;
