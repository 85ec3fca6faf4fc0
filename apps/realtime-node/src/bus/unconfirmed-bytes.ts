/** The server is asked to confirm after this much; small enough that the account is never far off. */
const CONFIRM_EVERY_BYTES = 256 * 1024;
/** A server that is this far behind has stopped reading; NATS' own bound for a client is the same 64 MiB. */
const UNCONFIRMED_BYTES_MAX = 64 * 1024 * 1024;

/** The account of bytes written to a server that it has not confirmed: the bound of the outgoing direction. */
export class UnconfirmedBytes {
  #written = 0;
  #asked = 0;
  #confirmed = 0;

  get bytes(): number {
    return this.#written - this.#confirmed;
  }

  /** False when the server is too far behind; nothing is booked then. */
  offer(bytes: number): boolean {
    if (this.bytes + bytes > UNCONFIRMED_BYTES_MAX) return false;
    this.#written += bytes;
    return true;
  }

  /** The mark to confirm when it is time to ask the server, else undefined. */
  due(): number | undefined {
    if (this.#written - this.#asked < CONFIRM_EVERY_BYTES) return undefined;
    this.#asked = this.#written;
    return this.#written;
  }

  confirm(mark: number): void {
    this.#confirmed = Math.max(this.#confirmed, mark);
  }

  /** The connection is gone, and with it everything that was on the way. */
  reset(): void {
    this.#asked = this.#written;
    this.#confirmed = this.#written;
  }
}
