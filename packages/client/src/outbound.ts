export interface OutboundMessage {
  readonly id: string;
  readonly event: string;
  readonly payload: unknown;
  readonly timeoutMs: number;
}

/** A message of this client, until the server has it. */
interface Pending {
  readonly message: OutboundMessage;
  settle(outcome: Accepted): void;
  fail(error: Error): void;
}

export interface Accepted {
  /** The name under which the server knows the message. */
  id: string;
  /** Its place; absent when the server gives none. */
  origin?: string;
  seq?: number;
  /** The server had it already from an earlier attempt. */
  repeated: boolean;
}

/** Beyond this a client that cannot reach its server would only collect what nobody wants to read later. */
const PENDING_MAX = 1_000;

/** Too many messages wait for the server: the caller is faster than the line. */
export class PublishQueueFull extends Error {
  override readonly name = "PublishQueueFull";
}

/** The server refused the message; it says why. */
export class PublishRefused extends Error {
  override readonly name = "PublishRefused";
}

/** The server has not answered in time. It may have the message nevertheless: publish it again with the same id. */
export class PublishTimedOut extends Error {
  override readonly name = "PublishTimedOut";
}

interface Options {
  /** False while the line is down, also before the channel has heard of it. */
  canWrite(): boolean;
  /** Writes one message; called again for the same one after a reconnect. */
  write(message: OutboundMessage): void;
}

/**
 * Messages on their way to the server, oldest first. After a reconnect all that were not answered are written again, in
 * their order and under their ids, before anything newer: so the room hears them once and in order.
 */
export class Outbound {
  readonly #pending = new Map<string, Pending>();
  readonly #canWrite: Options["canWrite"];
  readonly #write: Options["write"];
  #open = false;

  constructor({ canWrite, write }: Options) {
    this.#canWrite = canWrite;
    this.#write = write;
  }

  get waiting(): number {
    return this.#pending.size;
  }

  /** Rejects with {@link PublishQueueFull}, {@link PublishRefused} or {@link PublishTimedOut}. */
  publish(message: OutboundMessage): Promise<Accepted> {
    const { id, timeoutMs } = message;
    if (this.#pending.size >= PENDING_MAX) {
      return Promise.reject(new PublishQueueFull(`${PENDING_MAX} messages wait for the server`));
    }
    if (this.#pending.has(id)) return Promise.reject(new RangeError(`a message ${id} is on its way already`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new PublishTimedOut(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const end = () => {
        clearTimeout(timer);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        message,
        settle(outcome) {
          end();
          resolve(outcome);
        },
        fail(error) {
          end();
          reject(error);
        },
      });
      // Written to a line that is down it would wait in Phoenix's buffer, and overtake what is written again.
      if (!this.#canWrite()) this.pause();
      if (this.#open) this.#write(message);
    });
  }

  /** The channel is joined, for the first time or again. */
  open(): void {
    this.#open = true;
    for (const { message } of [...this.#pending.values()]) this.#write(message);
  }

  /** Until the next {@link open} messages only wait. */
  pause(): void {
    this.#open = false;
  }

  accepted(id: string, { origin, seq, repeated = false }: Partial<Accepted>): void {
    this.#pending.get(id)?.settle({ id, origin, seq, repeated });
  }

  refused(id: string, reason: string): void {
    this.#pending.get(id)?.fail(new PublishRefused(reason));
  }

  /** The channel is over. */
  close(): void {
    this.#open = false;
    for (const pending of [...this.#pending.values()])
      pending.fail(new PublishTimedOut("the channel was left"));
  }
}
