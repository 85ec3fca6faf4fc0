/** A node that is this far behind itself will not catch up by waiting; its peers repair what is dropped. */
const MESSAGES_MAX = 100_000;
const BYTES_MAX = 64 * 1024 * 1024;

export interface InboxBounds {
  messagesMax: number;
  bytesMax: number;
}

interface Item {
  bytes: number;
  run(): void;
}

/**
 * Deliveries waiting for the next turn of the event loop. One turn runs only what was there when it began, so that
 * sockets get their share between two turns of a busy bus.
 *
 * When full, the newest delivery is refused: what is already queued keeps its order, and the hole is at the end, where
 * sequence numbers show it.
 */
export class Inbox {
  readonly #bounds: InboxBounds;
  #items: Item[] = [];
  #bytes = 0;
  #scheduled = false;

  constructor(bounds: InboxBounds = { messagesMax: MESSAGES_MAX, bytesMax: BYTES_MAX }) {
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False when the inbox is full. */
  offer(bytes: number, run: () => void): boolean {
    const full =
      this.#items.length >= this.#bounds.messagesMax || this.#bytes + bytes > this.#bounds.bytesMax;
    // One message larger than the bound still passes through an empty inbox.
    if (full && this.#items.length > 0) return false;
    this.#push({ bytes, run });
    return true;
  }

  /** Resolves when everything offered before has run. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#push({ bytes: 0, run: resolve }));
  }

  #push(item: Item): void {
    this.#items.push(item);
    this.#bytes += item.bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#scheduled = false;
    for (const item of items) item.run();
  }
}
