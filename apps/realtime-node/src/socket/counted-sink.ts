import type { Sink } from "./sink.ts";
import type { Transport } from "./transport.ts";

/** A transport whose bytes are counted. */
export class CountedSink implements Sink {
  readonly #transport: Transport;
  readonly #counters: { bytesOut: number };

  constructor(transport: Transport, counters: { bytesOut: number }) {
    this.#transport = transport;
    this.#counters = counters;
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.#transport.write(bytes)) this.#counters.bytesOut += bytes.byteLength;
  }
}
