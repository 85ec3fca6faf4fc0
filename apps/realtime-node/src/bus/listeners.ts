import type { BusMessage, Disruption, SubscribeOptions, Subscription } from "./bus.ts";
import { SubjectTable } from "./subject-table.ts";

/** What a bus tells its owner about handlers that threw: a bug, but no reason to stop delivering. */
export type OnHandlerError = (error: unknown, subject: string) => void;

export interface Listener {
  readonly echo: boolean;
  active: boolean;
  /** Never throws. */
  deliver(message: BusMessage): void;
}

/** The subscriptions of one bus: the part that every implementation shares. */
export class Listeners {
  readonly #table = new SubjectTable<Listener>();
  readonly #disruptions = new Set<(disruption: Disruption) => void>();
  /** Not told yet. */
  #overflown = 0;
  readonly #onError: OnHandlerError;

  constructor(onError: OnHandlerError) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#table.size;
  }

  /** @throws RangeError when `subject` is not one */
  add(subject: string, onMessage: (message: BusMessage) => void, { echo = true }: SubscribeOptions = {}) {
    const onError = this.#onError;
    const listener: Listener = {
      echo,
      active: true,
      deliver(message) {
        if (!this.active) return;
        try {
          onMessage(message);
        } catch (error) {
          onError(error, message.subject);
        }
      },
    };
    const remove = this.#table.add(subject, listener);
    return {
      listener,
      unsubscribe() {
        listener.active = false;
        remove();
      },
    };
  }

  match(subject: string): Listener[] {
    return this.#table.match(subject);
  }

  /** Those that want to hear their own bus. */
  echoing(subject: string): Listener[] {
    return this.#table.match(subject).filter((listener) => listener.echo);
  }

  has(subject: string): boolean {
    return this.#table.some(subject, () => true);
  }

  onDisruption(listener: (disruption: Disruption) => void): Subscription {
    this.#disruptions.add(listener);
    return { unsubscribe: () => this.#disruptions.delete(listener) };
  }

  /**
   * Messages were refused. Those of one turn are told together in the next one: a listener that sends something in answer,
   * which may be refused as well, must not meet itself.
   */
  overflow(messagesLost: number): void {
    if (this.#overflown === 0) setImmediate(() => this.#tellOverflow());
    this.#overflown += messagesLost;
  }

  #tellOverflow(): void {
    const messagesLost = this.#overflown;
    this.#overflown = 0;
    this.disrupt({ cause: "overflow", messagesLost });
  }

  disrupt(disruption: Disruption): void {
    for (const listener of this.#disruptions) {
      try {
        listener(disruption);
      } catch (error) {
        this.#onError(error, `disruption ${disruption.cause}`);
      }
    }
  }
}
