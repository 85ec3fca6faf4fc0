import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { MAX_FRAME_BYTES } from "@tidewire/protocol/phoenix/limits";
import { WebSocketServer } from "ws";
import { ChangeFrames } from "../channel/change-frames.ts";
import type { ChannelServices } from "../channel/ports.ts";
import type { TrustedProxies } from "../http/client-address.ts";
import type { Project } from "../projects/project.ts";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { drainConnections } from "./drain.ts";
import { Entrance, type EntranceDeps } from "./entrance.ts";
import { FailureDelays } from "./failure-delays.ts";
import { type Admission, httpAnswer, toHttpAnswer } from "./handshake.ts";
import { LongPolling, type Poll } from "./longpoll.ts";
import { Turn } from "./outbox.ts";
import { Pulse } from "./pulse.ts";
import { isSocketPath } from "./socket-path.ts";
import type { Transport } from "./transport.ts";
import { chooseProtocol, parseUpgrade, toUrl, type UpgradeRequest } from "./upgrade-request.ts";
import { WebSocketTransport } from "./websocket-transport.ts";

/** A client that does not answer a close frame by then is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
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
  extends EntranceDeps,
    Pick<ChannelServices, "home" | "hub" | "relay" | "presence" | "bindings"> {
  node: string;
  proxies: TrustedProxies;
  clock: {
    nowMs(): number;
    monotonicMs(): number;
    every(periodMs: number, run: () => void): { stop(): void };
    after(delayMs: number, run: () => void): { stop(): void };
  };
  projects: { find(ref: string): Promise<Project | undefined>; peek(ref: string): Project | undefined };
}

/** The connections of a node, by WebSocket or long polling. */
export interface Listener {
  /** For the `upgrade` event of an HTTP server. Never throws; the socket is answered or closed, whatever it asked. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** For requests to one of `LONG_POLL_PATHS`. Never rejects. */
  poll(poll: Poll): Promise<Response>;
  readonly connections: Connections;
  /** New handshakes are refused; every client is asked to leave within `drainMs`. Resolves when all are gone. */
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
  readonly #services: ChannelServices;
  readonly #life = new AbortController();
  readonly #empty = new AbortController();
  readonly #server = new WebSocketServer(SERVER_OPTIONS);
  readonly #entrance: Entrance;
  readonly #longPolling: LongPolling;
  #draining = false;

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    this.#pulse = new Pulse(deps.clock);
    const { clock, node, proxies, ...ports } = deps;
    const delays = new FailureDelays();
    const isDraining = () => this.#draining;
    this.#services = {
      ...ports,
      pulse: this.#pulse,
      changeFrames: new ChangeFrames(),
      nowMs: () => clock.nowMs(),
      refusalDelayMs: (client) => delays.failed(client, this.#pulse.nowMs()),
      isDraining,
      afterTurn: (task) => this.#turn.afterwards(task),
    };
    const { signal } = this.#life;
    this.#entrance = new Entrance(deps, { pulse: this.#pulse, delays, isDraining, signal });
    this.#longPolling = new LongPolling({
      entrance: this.#entrance,
      proxies,
      pulse: this.#pulse,
      accept: (request, admission, transport) => this.#accept(request, admission, transport),
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away in the middle is no error of ours.
    socket.on("error", ignore);
    if (!isSocketPath(toUrl(request.url).pathname)) socket.end(httpAnswer(404));
    else if (request.method !== "GET") socket.end(httpAnswer(400));
    else if (this.#entrance.isFull) socket.end(httpAnswer(503));
    else this.#welcome({ request, socket, head }).catch((err: unknown) => this.#onFault(err, socket));
  }

  poll(poll: Poll): Promise<Response> {
    return this.#longPolling.answer(poll);
  }

  async #welcome({ request, socket, head }: RawUpgrade): Promise<void> {
    const upgrade = parseUpgrade(request, this.#deps.proxies);
    const decision = await this.#entrance.judge(upgrade);
    if ("refusal" in decision) {
      await this.#entrance.turnAway(upgrade, decision);
      socket.end(toHttpAnswer(decision.refusal));
      return;
    }
    socket.off("error", ignore);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#accept(upgrade, decision, new WebSocketTransport(ws, socket as Socket));
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

  #accept(request: UpgradeRequest, admission: Admission<Project>, transport: Transport): void {
    const connection = new Connection({
      id: randomBytes(9).toString("base64url"),
      node: this.#deps.node,
      transport,
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
}

interface RawUpgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

const ignore = () => undefined;
