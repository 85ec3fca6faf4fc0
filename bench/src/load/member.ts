import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const OPCODE_TEXT = 0x1;
const OPCODE_PING = 0x9;
const OPCODE_PONG = 0xa;
const CONNECT_DEADLINE_MS = 30_000;
const NOTHING = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";
/** One for all sockets of the process: what was read is looked at before anything else is read. */
const READ = Buffer.allocUnsafeSlow(256 * 1024);

export interface JoinOptions {
  onFrame?: (payload: Buffer) => void;
  /** Of the `phx_join`; default: an empty configuration. */
  payload?: unknown;
  frames?: number;
}

/**
 * A client on a raw TCP socket: it counts frames by their headers and reads only what it is asked to, so that the load
 * costs a fraction of what the server under test spends.
 */
export class Member {
  readonly #socket: Socket;
  readonly #onFrame: ((payload: Buffer) => void) | undefined;
  #onUpgrade: ((head: string) => void) | undefined;
  #rest: Buffer = NOTHING;
  #frames = 0;

  private constructor(url: string, onFrame?: (payload: Buffer) => void) {
    const { hostname, port, pathname, search, host } = new URL(url);
    const callback = (length: number) => {
      this.#read(READ.subarray(0, length));
      return true;
    };
    this.#onFrame = onFrame;
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: READ, callback },
    });
    this.#socket.on("error", () => undefined);
    const key = randomBytes(16).toString("base64");
    this.#socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13${HEAD_END}`,
    );
  }

  /** Connects, upgrades and joins `topic`; resolves when as many frames came as the join brings (default: the reply). */
  static async join(
    url: string,
    topic: string,
    { onFrame, payload, frames = 1 }: JoinOptions = {},
  ): Promise<Member> {
    const member = await Member.connect(url, onFrame);
    member.send(JSON.stringify(["1", "1", topic, "phx_join", payload ?? { config: {} }]));
    await member.#received(frames);
    member.#frames = 0;
    return member;
  }

  /** Connects and upgrades; nothing is joined. */
  static async connect(url: string, onFrame?: (payload: Buffer) => void): Promise<Member> {
    const member = new Member(url, onFrame);
    await member.#upgraded();
    return member;
  }

  /** Data frames received since the join, or the upgrade without one. */
  get frames(): number {
    return this.#frames;
  }

  /** The socket has ended, whoever ended it. */
  get isGone(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  send(text: string): void {
    this.#write(OPCODE_TEXT, Buffer.from(text));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #received(frames: number): Promise<void> {
    const deadlineMs = Date.now() + CONNECT_DEADLINE_MS;
    while (this.#frames < frames) {
      if (Date.now() > deadlineMs) throw new Error(`the join brought ${this.#frames} of ${frames} frames`);
      await delay(2);
    }
  }

  #upgraded(): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error("no upgrade")), CONNECT_DEADLINE_MS);
      this.#socket.once("error", reject);
      this.#onUpgrade = (head) => {
        clearTimeout(deadline);
        if (head.startsWith("HTTP/1.1 101")) resolve();
        else reject(new Error(`refused: ${head.split("\r\n", 1)[0]}`));
      };
    });
  }

  #read(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const rest = data.subarray(this.#onUpgrade === undefined ? this.#readFrames(data) : this.#readHead(data));
    // Its memory is about to be read into again.
    this.#rest = rest.length === 0 ? NOTHING : Buffer.from(rest);
  }

  /** @returns how many bytes are done with */
  #readHead(data: Buffer): number {
    const end = data.indexOf(HEAD_END);
    if (end < 0) return 0;
    this.#onUpgrade?.(data.toString("latin1", 0, end));
    this.#onUpgrade = undefined;
    const bodyAt = end + HEAD_END.length;
    return bodyAt + this.#readFrames(data.subarray(bodyAt));
  }

  /** @returns how many bytes are done with */
  #readFrames(data: Buffer): number {
    let at = 0;
    for (;;) {
      const end = frameEnd(data, at);
      if (end > data.length) return at;
      const opcode = (data[at] ?? 0) & 0x0f;
      if (opcode === OPCODE_PING) this.#write(OPCODE_PONG, payloadOf(data, at, end));
      else {
        this.#frames++;
        this.#onFrame?.(payloadOf(data, at, end));
      }
      at = end;
    }
  }

  #write(opcode: number, payload: Buffer): void {
    const long = payload.length > 125;
    const header = Buffer.alloc((long ? 4 : 2) + 4);
    header[0] = 0x80 | opcode;
    header[1] = 0x80 | (long ? 126 : payload.length);
    if (long) header.writeUInt16BE(payload.length, 2);
    // A mask of zeros is a valid mask and leaves the payload as it is.
    this.#socket.write(Buffer.concat([header, payload]));
  }
}

/** Where the frame that begins at `at` ends; infinity while its length is not here. */
function frameEnd(data: Buffer, at: number): number {
  if (data.length < at + 2) return Number.POSITIVE_INFINITY;
  const length = (data[at + 1] ?? 0) & 0x7f;
  if (length < 126) return at + 2 + length;
  if (length === 126)
    return data.length < at + 4 ? Number.POSITIVE_INFINITY : at + 4 + data.readUInt16BE(at + 2);
  return data.length < at + 10 ? Number.POSITIVE_INFINITY : at + 10 + Number(data.readBigUInt64BE(at + 2));
}

function payloadOf(data: Buffer, at: number, end: number): Buffer {
  const length = (data[at + 1] ?? 0) & 0x7f;
  return data.subarray(at + (length < 126 ? 2 : length === 126 ? 4 : 10), end);
}
