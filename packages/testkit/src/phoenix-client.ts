import { setTimeout as delay } from "node:timers/promises";
import { type RawData, WebSocket } from "ws";
import { type FrameExpectation, FrameLog } from "./frame-log.ts";
import {
  decodeServerBinary,
  decodeServerText,
  encodeText,
  encodeUserBroadcast,
  type ReceivedFrame,
  type Vsn,
} from "./phoenix-wire.ts";

const PATIENCE_MS = 20_000;
const SILENCE_MS = 300;
const CONNECT_TIMEOUT_MS = 20_000;
/** What a channel says by itself, without anybody having sent something. */
const HOUSEKEEPING = new Set(["phx_reply", "system", "presence_state"]);

export interface PhoenixClientOptions {
  /** The project's URL (`http://host/p/<ref>`). */
  url: string;
  apikey?: string;
  vsn?: Vsn;
  /** Below the project's URL. */
  path?: string;
  params?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  status: "ok" | "error";
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever the server answered
  response: any;
}

/** The server answered the upgrade with plain HTTP. */
export class HandshakeRefused extends Error {
  override readonly name = "HandshakeRefused";
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`handshake refused: ${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}

/** Opens a socket that speaks exactly what it is told to, heartbeats included: nothing happens by itself. */
export async function connectPhoenix(options: PhoenixClientOptions): Promise<PhoenixClient> {
  const { vsn = "2.0.0", path = "/realtime/v1/websocket", apikey, params, headers } = options;
  const url = new URL(options.url.replace(/\/$/, "") + path);
  url.protocol = url.protocol.replace("http", "ws");
  for (const [name, value] of Object.entries({
    ...(apikey === undefined ? {} : { apikey }),
    ...params,
    vsn,
  })) {
    url.searchParams.set(name, value);
  }
  const socket = new WebSocket(url, {
    headers,
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
  });
  // Listening before the upgrade has finished: the server may speak in the same packet.
  const client = new PhoenixClient(socket, vsn);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        reject(new HandshakeRefused(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
      });
    });
  });
  return client;
}

export interface Closed {
  code: number;
  reason: string;
}

/** One raw connection. Refs count from 1; a channel's join ref is remembered and put on its pushes. */
export class PhoenixClient implements AsyncDisposable {
  readonly vsn: Vsn;
  /** The `ws` socket itself, for what no method covers: `pause()` freezes the client, `terminate()` pulls the plug. */
  readonly socket: WebSocket;
  /** Settles once, however the socket ends. */
  readonly closed: Promise<Closed>;
  readonly #log = new FrameLog();
  readonly #joinRefs = new Map<string, string>();
  #ref = 0;
  #listener: ((frame: ReceivedFrame) => void) | undefined;

  constructor(socket: WebSocket, vsn: Vsn) {
    this.socket = socket;
    this.vsn = vsn;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    // Without a listener an error would end the test process; the close event that follows tells the story.
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
  }

  /** Tells of every frame from now on; for clients that live long, which nobody asks about the past. */
  onFrame(listener: (frame: ReceivedFrame) => void): void {
    this.#listener = listener;
  }

  /** All frames so far, in order of arrival. */
  get frames(): readonly ReceivedFrame[] {
    return this.#log.frames;
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** @returns the reply's response. @throws Error when the join is refused; see {@link tryJoin} */
  async join(topic: string, config: object = {}, extra: object = {}): Promise<Reply["response"]> {
    const { status, response } = await this.tryJoin(topic, { config, ...extra });
    if (status !== "ok") throw new Error(`join of ${topic} refused: ${JSON.stringify(response)}`);
    return response;
  }

  /** Joins with any payload and returns the reply, whatever it says. */
  tryJoin(topic: string, payload: unknown): Promise<Reply> {
    const joinRef = this.nextRef();
    this.#joinRefs.set(topic, joinRef);
    this.sendText({ joinRef, ref: joinRef, topic, event: "phx_join", payload });
    return this.expectReply(topic, joinRef);
  }

  leave(topic: string): Promise<Reply> {
    return this.push(topic, "phx_leave", {});
  }

  /** Sends and waits for the reply. */
  push(topic: string, event: string, payload: unknown): Promise<Reply> {
    return this.expectReply(topic, this.send(topic, event, payload));
  }

  /** Sends a text frame on a joined topic; returns its ref. */
  send(topic: string, event: string, payload: unknown): string {
    const ref = this.nextRef();
    this.sendText({ joinRef: this.joinRef(topic), ref, topic, event, payload });
    return ref;
  }

  /** As realtime-js does it: kind 3 on 2.0.0 and text on 1.0.0, unless `as` says otherwise. Returns the ref. */
  broadcast(topic: string, event: string, payload: unknown, { as }: { as?: "text" | "binary" } = {}): string {
    if ((as ?? (this.vsn === "2.0.0" ? "binary" : "text")) === "text") {
      return this.send(topic, "broadcast", { type: "broadcast", event, payload });
    }
    const ref = this.nextRef();
    this.socket.send(encodeUserBroadcast({ joinRef: this.joinRef(topic) ?? "", ref, topic, event, payload }));
    return ref;
  }

  track(topic: string, payload: unknown): Promise<Reply> {
    return this.push(topic, "presence", { type: "presence", event: "track", payload });
  }

  untrack(topic: string): Promise<Reply> {
    return this.push(topic, "presence", { type: "presence", event: "untrack" });
  }

  heartbeat(): Promise<Reply> {
    return this.push("phoenix", "heartbeat", {});
  }

  sendText(message: {
    joinRef: string | null;
    ref: string | null;
    topic: string;
    event: string;
    payload: unknown;
  }): void {
    this.socket.send(encodeText(this.vsn, message));
  }

  nextRef(): string {
    return String(++this.#ref);
  }

  /** Null on a topic that was never joined. */
  joinRef(topic: string): string | null {
    return this.#joinRefs.get(topic) ?? null;
  }

  /** The first frame that matches and has not been expected before, already here or still to come. */
  expectFrame(expected: FrameExpectation, { withinMs = PATIENCE_MS } = {}): Promise<ReceivedFrame> {
    return this.#log.take(expected, withinMs);
  }

  async expectReply(topic: string, ref: string, { withinMs = PATIENCE_MS } = {}): Promise<Reply> {
    return (await this.#log.take({ topic, ref, event: "phx_reply" }, withinMs)).payload as Reply;
  }

  /**
   * Nothing but housekeeping (replies, system, presence state) on `topic`, neither unexpected frames that are
   * already here nor any that arrive within `forMs`. Name `event` to look for that one only, housekeeping or not.
   *
   * @throws Error naming the frame
   */
  async expectSilence(topic: string, forMs = SILENCE_MS, { event }: { event?: string } = {}): Promise<void> {
    await delay(forMs);
    const noise = this.#log
      .unspent()
      .find(
        (frame) => frame.topic === topic && (event ? frame.event === event : !HOUSEKEEPING.has(frame.event)),
      );
    if (noise) throw new Error(`expected silence on ${topic}, but heard ${JSON.stringify(noise)}`);
  }

  /** @throws Error when the socket is still open after `withinMs` */
  async expectClose({ withinMs = PATIENCE_MS } = {}): Promise<Closed> {
    const patience = new AbortController();
    const late = delay(withinMs, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`the socket is still open after ${withinMs} ms`);
    });
    try {
      return await Promise.race([this.closed, late]);
    } finally {
      patience.abort();
      late.catch(() => undefined);
    }
  }

  /** From here on only later frames meet an expectation. */
  forget(): void {
    this.#log.spendAll();
  }

  async close(): Promise<void> {
    this.socket.close();
    const patience = setTimeout(() => this.socket.terminate(), 1_000);
    await this.closed;
    clearTimeout(patience);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #receive(data: RawData, isBinary: boolean): void {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    const atMs = Date.now();
    const frame = isBinary
      ? decodeServerBinary(bytes, atMs)
      : decodeServerText(this.vsn, bytes.toString(), atMs);
    this.#log.add(frame);
    this.#listener?.(frame);
  }
}
