import {
  type Bus,
  type BusMessage,
  type BusStatus,
  BusUnavailable,
  type Disruption,
  type RequestOptions,
  type SubscribeOptions,
  type Subscription,
} from "../../src/bus/bus.ts";
import { type MemoryBroker, MemoryBus } from "../../src/bus/memory-bus.ts";

/** A bus that can be cut off from one instant to the next, as by `kill -9`: nothing gets out, in, or confirmed. */
export class SeverableBus implements Bus {
  readonly #inner: MemoryBus;
  #severed = false;

  constructor(broker: MemoryBroker) {
    this.#inner = new MemoryBus(broker);
  }

  sever(): void {
    this.#severed = true;
  }

  publish(subject: string, data: Uint8Array): void {
    if (!this.#severed) this.#inner.publish(subject, data);
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription {
    return this.#inner.subscribe(subject, (message) => this.#receive(message, onMessage), options);
  }

  async request(subject: string, data: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    this.#assertWhole();
    const answer = await this.#inner.request(subject, data, options);
    this.#assertWhole();
    return answer;
  }

  async flush(): Promise<void> {
    this.#assertWhole();
    await this.#inner.flush();
    this.#assertWhole();
  }

  mayReach(subject: string): boolean {
    return this.#inner.mayReach(subject);
  }

  onDisruption(listener: (disruption: Disruption) => void): Subscription {
    return this.#inner.onDisruption(listener);
  }

  get status(): BusStatus {
    return this.#inner.status;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(message: BusMessage, onMessage: (message: BusMessage) => void): void {
    if (this.#severed) return;
    const { subject, data } = message;
    const respond = message.respond && ((answer: Uint8Array) => this.#severed || message.respond?.(answer));
    onMessage({ subject, data, respond });
  }

  #assertWhole(): void {
    if (this.#severed) throw new BusUnavailable("cut off");
  }
}
