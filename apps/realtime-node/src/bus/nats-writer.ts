import { headers, type NatsConnection, nuid } from "@nats-io/transport-node";
import { encodePartTag, PART_HEADER, splitParts } from "./message-parts.ts";
import { UnconfirmedBytes } from "./unconfirmed-bytes.ts";

/** Room for subject, reply subject and part header beside the payload of one part. */
const ENVELOPE_BYTES_MAX = 4 * 1024;
/** Kept for the server while it is away; about two seconds of a busy node. Beyond it the newest is refused. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

export interface Outgoing {
  subject: string;
  data: Uint8Array;
  reply?: string;
}

/**
 * The outgoing direction of one NATS connection. The client library would buffer without a bound, and forget what it has
 * buffered at every attempt to reconnect; so what waits for the server waits here, counted.
 */
export class NatsWriter {
  readonly #connection: NatsConnection;
  readonly #unconfirmed = new UnconfirmedBytes();
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #refusedWhileAway = 0;
  #isAway = false;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  get pendingBytes(): number {
    return this.#waitingBytes + this.#unconfirmed.bytes;
  }

  /** False when the message was refused: the server is too far behind, or was away for too long. */
  offer(message: Outgoing): boolean {
    if (this.#connection.isClosed()) return false;
    if (this.#isAway) return this.#wait(message);
    if (!this.#unconfirmed.offer(message.data.byteLength)) return false;
    this.#write(message);
    this.#confirmInTime();
    return true;
  }

  /** The server is gone, and with it what was on its way. */
  away(): void {
    this.#isAway = true;
    this.#unconfirmed.reset();
  }

  /** Sends what waited, in order. */
  back(): { sent: number; refused: number } {
    const [waiting, refused] = [this.#waiting, this.#refusedWhileAway];
    this.#isAway = false;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#refusedWhileAway = 0;
    for (const message of waiting) this.offer(message);
    return { sent: waiting.length, refused };
  }

  #wait(message: Outgoing): boolean {
    if (this.#waitingBytes + message.data.byteLength > WAITING_BYTES_MAX) {
      this.#refusedWhileAway++;
      return false;
    }
    this.#waiting.push(message);
    this.#waitingBytes += message.data.byteLength;
    return true;
  }

  #write({ subject, data, reply }: Outgoing): void {
    const bytesMax = (this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - ENVELOPE_BYTES_MAX;
    if (data.byteLength <= bytesMax) {
      this.#connection.publish(subject, data, reply === undefined ? undefined : { reply });
      return;
    }
    const id = nuid.next();
    const parts = splitParts(data, bytesMax);
    for (const [index, part] of parts.entries()) {
      const tags = headers();
      tags.set(PART_HEADER, encodePartTag({ id, index, count: parts.length }));
      this.#connection.publish(subject, part, { headers: tags, reply });
    }
  }

  #confirmInTime(): void {
    const mark = this.#unconfirmed.due();
    if (mark === undefined) return;
    this.#connection.flush().then(
      () => this.#unconfirmed.confirm(mark),
      // A disconnection: `away` has settled the account.
      () => {},
    );
  }
}
