import type { TcpRelay } from "./tcp-relay.ts";

/** A message of a client, on its way to another region. */
export interface CrossingMessage {
  subject: string;
  data: Buffer;
}

/** Operations that carry a message: `RMSG account subject ... bytes`, and with headers `HMSG ... headerBytes bytes`. */
const MESSAGE = /^(RMSG|HMSG) \S+ (\S+)(?: .*)? (\d+)$/;
const OTHERS_WITH_PAYLOAD = /^(?:HPUB|PUB) .* (\d+)$/;
const CRLF = "\r\n";

/**
 * Reads what crosses one gateway link, message by message: NATS counts messages but does not say of which subjects. Only
 * connections made after the call are read; `seen` counts what NATS' own `out_msgs` of that link counts.
 */
export class GatewayWatch implements Disposable {
  readonly messages: CrossingMessage[] = [];
  readonly #readers = new Map<number, LinkReader>();
  readonly #stop: () => void;

  constructor(relay: TcpRelay) {
    this.#stop = relay.onSent((chunk, connection) => {
      const reader = this.#readers.get(connection) ?? new LinkReader();
      this.#readers.set(connection, reader);
      this.messages.push(...reader.read(chunk));
    });
  }

  get seen(): number {
    return this.messages.length;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

/** The lines and payloads of one connection; a chunk may end anywhere. */
export class LinkReader {
  #rest = Buffer.alloc(0);

  read(chunk: Uint8Array): CrossingMessage[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: CrossingMessage[] = [];
    for (;;) {
      const lineEnd = this.#rest.indexOf(CRLF);
      if (lineEnd === -1) return found;
      const line = this.#rest.toString("latin1", 0, lineEnd);
      const message = MESSAGE.exec(line);
      const bytes = Number(message?.[3] ?? OTHERS_WITH_PAYLOAD.exec(line)?.[1] ?? -CRLF.length);
      const dataStart = lineEnd + CRLF.length;
      const end = dataStart + bytes + CRLF.length;
      if (this.#rest.length < end) return found;
      if (message !== null) {
        found.push({ subject: message[2] ?? "", data: Buffer.from(this.#rest.subarray(dataStart, end - 2)) });
      }
      this.#rest = this.#rest.subarray(end);
    }
  }
}
