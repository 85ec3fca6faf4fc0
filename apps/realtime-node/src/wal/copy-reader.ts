import type { Socket } from "node:net";
import { type Lsn, toLsn } from "./lsn.ts";

const COPY_DATA = 0x64;
const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;
/** Type and length. */
const HEADER_BYTES = 5;
/** Of a WAL message: its kind, two positions, a time. */
const WAL_HEADER_BYTES = 1 + 8 + 8 + 8;
const NOTHING = Buffer.alloc(0);

interface Handlers {
  /** Something has arrived; its messages follow, if they are whole. */
  onArrival(): void;
  /** One message of the output plugin. The bytes belong to the socket: they must not be kept. */
  onWal(buffer: Buffer, start: number, end: number): void;
  onKeepalive(lsn: Lsn, mustReply: boolean): void;
  /** Any other message of Postgres, whole. */
  onOther(message: Buffer): void;
}

/**
 * Finds the stream's messages in what a socket brings. A driver would make an object, a view and two events of each,
 * which costs more than decoding a row does.
 */
export class CopyReader {
  readonly #handlers: Handlers;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  /** So much of the message that has begun must be here before it is worth a look. */
  #needed = 0;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  /** Puts itself between a socket and whoever reads it; from then on that one is given all but the stream. */
  static attach(socket: Socket, handlers: Omit<Handlers, "onOther">): void {
    const readers = socket.listeners("data");
    const onOther = (message: Buffer) => {
      for (const reader of readers) Reflect.apply(reader, socket, [message]);
    };
    const copy = new CopyReader({ ...handlers, onOther });
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => copy.push(chunk));
  }

  push(chunk: Buffer): void {
    this.#handlers.onArrival();
    const data = this.#joined(chunk);
    if (data === undefined) return;
    let at = 0;
    while (data.length - at >= HEADER_BYTES) {
      const end = at + 1 + data.readUInt32BE(at + 1);
      if (end > data.length) break;
      this.#dispatch(data, at, end);
      at = end;
    }
    this.#keep(data, at);
  }

  /** Undefined while the message that has begun is not whole: a row of a gigabyte must not be copied for each chunk. */
  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#partsBytes === 0) return chunk;
    this.#parts.push(chunk);
    this.#partsBytes += chunk.length;
    if (this.#partsBytes < this.#needed) return undefined;
    const data = Buffer.concat(this.#parts, this.#partsBytes);
    this.#parts = [];
    this.#partsBytes = 0;
    return data;
  }

  #keep(data: Buffer, from: number): void {
    const rest = from === data.length ? NOTHING : data.subarray(from);
    if (rest.length === 0) return;
    this.#parts = [rest];
    this.#partsBytes = rest.length;
    this.#needed = rest.length < HEADER_BYTES ? HEADER_BYTES : 1 + rest.readUInt32BE(1);
  }

  #dispatch(data: Buffer, start: number, end: number): void {
    const body = start + HEADER_BYTES;
    const { onWal, onKeepalive, onOther } = this.#handlers;
    if (data[start] !== COPY_DATA) onOther(data.subarray(start, end));
    else if (data[body] === WAL_DATA) onWal(data, body + WAL_HEADER_BYTES, end);
    else if (data[body] === KEEPALIVE)
      onKeepalive(toLsn(data.readBigUInt64BE(body + 1)), data[body + 17] === 1);
  }
}
