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
} from "./bus.ts";
import { Inbox, type InboxBounds } from "./inbox.ts";
import { type Listener, Listeners, type OnHandlerError } from "./listeners.ts";
import { PendingRequests } from "./pending-requests.ts";
import { parseSubject } from "./subject-table.ts";

interface MemoryBusOptions {
  inbox?: InboxBounds;
  onHandlerError?: OnHandlerError;
}

/** Joins the buses of one process: one bus for a lone node, several for nodes that share a process in a test. */
export class MemoryBroker {
  readonly #ports = new Set<Port>();

  attach(port: Port): () => void {
    this.#ports.add(port);
    return () => this.#ports.delete(port);
  }

  ports(): Iterable<Port> {
    return this.#ports;
  }
}

/** What the broker knows of one bus. */
interface Port {
  readonly listeners: Listeners;
  /** Queues a delivery; false when this bus is too far behind. */
  offer(listener: Listener, message: BusMessage): boolean;
  drained(): Promise<void>;
}

/** The bus of nodes that share a process. Subjects, order and failures are those of NATS; the network is not. */
export class MemoryBus implements Bus {
  readonly #broker: MemoryBroker;
  readonly #listeners: Listeners;
  readonly #inbox: Inbox;
  readonly #port: Port;
  readonly #detach: () => void;
  readonly #requests = new PendingRequests();
  readonly #status: BusStatus;

  constructor(broker: MemoryBroker = new MemoryBroker(), options: MemoryBusOptions = {}) {
    this.#broker = broker;
    this.#listeners = new Listeners(options.onHandlerError ?? throwLater);
    this.#inbox = new Inbox(options.inbox);
    this.#status = {
      kind: "memory",
      state: "connected",
      sinceMs: Date.now(),
      subscriptions: 0,
      published: 0,
      received: 0,
      lost: 0,
      pendingBytes: 0,
    };
    this.#port = {
      listeners: this.#listeners,
      offer: (listener, message) => this.#offer(listener, message),
      drained: () => this.#inbox.drained(),
    };
    this.#detach = broker.attach(this.#port);
  }

  get status(): BusStatus {
    return { ...this.#status, subscriptions: this.#listeners.size, pendingBytes: this.#inbox.bytes };
  }

  publish(subject: string, data: Uint8Array): void {
    parseSubject(subject, { wildcards: false });
    if (this.#closed) {
      this.#status.lost++;
      return;
    }
    this.#status.published++;
    for (const [port, listener] of this.#audience(subject)) port.offer(listener, { subject, data });
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription {
    if (this.#closed) throw new BusUnavailable("the bus is closed");
    return this.#listeners.add(subject, onMessage, options);
  }

  request(subject: string, data: Uint8Array, { timeoutMs }: RequestOptions): Promise<Uint8Array> {
    parseSubject(subject, { wildcards: false });
    if (this.#closed) return Promise.reject(new BusUnavailable("the bus is closed"));
    const own = this.#listeners.echoing(subject).map((listener): [Port, Listener] => [this.#port, listener]);
    const audience = own.length > 0 ? own : [...this.#audience(subject)];
    if (audience.length === 0) return Promise.reject(new NoResponders(subject));
    const { answer, settle } = this.#requests.open(subject, timeoutMs);
    // Through the inbox, so that an answer does not overtake what its sender published before it.
    const respond = (data: Uint8Array) => void this.#inbox.offer(data.byteLength, () => settle(data));
    const accepted = audience.filter(([port, listener]) => port.offer(listener, { subject, data, respond }));
    if (accepted.length === 0) settle(new BusUnavailable("the queue of the other side is full"));
    return answer;
  }

  async flush(): Promise<void> {
    if (this.#closed) throw new BusUnavailable("the bus is closed");
    await Promise.all([...this.#broker.ports()].map((port) => port.drained()));
  }

  mayReach(subject: string): boolean {
    for (const port of this.#broker.ports()) {
      if (port !== this.#port && port.listeners.has(subject)) return true;
    }
    return false;
  }

  onDisruption(listener: (disruption: Disruption) => void): Subscription {
    return this.#listeners.onDisruption(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.flush();
    this.#status.state = "closed";
    this.#status.sinceMs = Date.now();
    this.#detach();
    this.#requests.failAll("the bus was closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #closed(): boolean {
    return this.#status.state === "closed";
  }

  *#audience(subject: string): Iterable<[Port, Listener]> {
    for (const port of this.#broker.ports()) {
      const listeners =
        port === this.#port ? this.#listeners.echoing(subject) : port.listeners.match(subject);
      for (const listener of listeners) yield [port, listener];
    }
  }

  #offer(listener: Listener, message: BusMessage): boolean {
    const accepted = this.#inbox.offer(message.data.byteLength, () => {
      if (this.#closed) return;
      this.#status.received++;
      listener.deliver(message);
    });
    if (!accepted) {
      this.#status.lost++;
      this.#listeners.overflow(1);
    }
    return accepted;
  }
}

/** A handler that throws is a bug: the process learns of it, the other deliveries of this turn go on. */
function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
