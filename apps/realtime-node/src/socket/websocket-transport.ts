import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Transport, TransportListener } from "./transport.ts";

const TOO_LARGE = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** A WebSocket after its upgrade. Frames are written past `ws`, which would build each of them anew per socket. */
export class WebSocketTransport implements Transport {
  readonly kind = "websocket";
  readonly answersPings = true;
  readonly isAttended = false;
  readonly #ws: WebSocket;
  readonly #socket: Socket;

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
  }

  listen(listener: TransportListener): void {
    const ws = this.#ws;
    // Before ws: half a large frame is a sign of life too, and must count before the frame is handled.
    this.#socket.prependListener("data", (chunk: Buffer) => listener.heard(chunk.byteLength));
    ws.on("message", (data, isBinary) => listener.message(data as Buffer, isBinary));
    ws.on("ping", () => listener.prompted());
    ws.on("error", (error: Error & { code?: string }) =>
      listener.failed(error, error.code === TOO_LARGE ? "FrameTooLarge" : undefined),
    );
    ws.on("close", (code) => listener.gone(code));
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket.destroyed || !this.#socket.writable) return false;
    this.#socket.write(bytes);
    return true;
  }

  close(closeCode: number | undefined): void {
    // The reason of a close is always empty on the wire (protocol 1.6).
    this.#ws.close(closeCode);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}
