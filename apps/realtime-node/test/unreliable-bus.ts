import {
  type Bus,
  type BusMessage,
  type BusStatus,
  BusUnavailable,
  type Disruption,
  NoResponders,
  type RequestOptions,
  type SubscribeOptions,
  type Subscription,
} from "../src/bus/bus.ts";

/** What happens to a message on its way to this node: how many copies arrive. */
export type Fate = (subject: string) => 0 | 1 | 2;

/**
 * A real bus behind a bad line: messages to this node are lost or doubled as `fate` says. While it is cut nothing gets out,
 * in, or confirmed, from one instant to the next as by `kill -9`.
 */
export class UnreliableBus implements Bus {
  fate: Fate = () => 1;
  /** Whether a question of this node finds somebody to answer it. */
  mayAsk: (subject: string) => boolean = () => true;
  isCut = false;
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  get status(): BusStatus {
    return this.#bus.status;
  }

  publish(subject: string, data: Uint8Array): void {
    if (!this.isCut) this.#bus.publish(subject, data);
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription {
    const onArrival = (message: BusMessage) => {
      if (this.isCut) return;
      const copies = message.respond === undefined ? this.fate(message.subject) : 1;
      for (let i = 0; i < copies; i++) onMessage(this.#answeredWhole(message));
    };
    return this.#bus.subscribe(subject, onArrival, options);
  }

  async request(subject: string, data: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    this.#assertWhole();
    if (!this.mayAsk(subject)) throw new NoResponders(subject);
    const answer = await this.#bus.request(subject, data, options);
    this.#assertWhole();
    return answer;
  }

  async flush(): Promise<void> {
    this.#assertWhole();
    await this.#bus.flush();
    this.#assertWhole();
  }

  mayReach(subject: string): boolean {
    return this.#bus.mayReach(subject);
  }

  onDisruption(listener: (disruption: Disruption) => void): Subscription {
    return this.#bus.onDisruption(listener);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answeredWhole({ subject, data, respond }: BusMessage): BusMessage {
    if (respond === undefined) return { subject, data };
    return { subject, data, respond: (answer) => this.isCut || respond(answer) };
  }

  #assertWhole(): void {
    if (this.isCut) throw new BusUnavailable("the line is cut");
  }
}
