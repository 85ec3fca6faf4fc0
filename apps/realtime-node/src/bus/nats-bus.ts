import {
  connect,
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription as NatsSubscription,
  type Status,
} from "@nats-io/transport-node";
import { systemClock } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
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
import { giveUpStale } from "./give-up-stale.ts";
import { Inbox } from "./inbox.ts";
import { type Listener, Listeners } from "./listeners.ts";
import { PART_HEADER, PartAssembler, parsePartTag } from "./message-parts.ts";
import { type NatsAddress, toConnectionOptions } from "./nats-options.ts";
import { NatsWriter, type Outgoing } from "./nats-writer.ts";
import { PendingRequests } from "./pending-requests.ts";
import { parseSubject } from "./subject-table.ts";

const FLUSH_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
const NO_RESPONDERS_STATUS = 503;

/**
 * Connects to a NATS server (2.9 or newer).
 *
 * @throws RangeError for an address that is none, the file system's error for a certificate or credentials that cannot be
 * read; BusUnavailable, naming the cause, when no server answers
 */
export async function connectNatsBus(address: NatsAddress, log: Log): Promise<NatsBus> {
  const options = toConnectionOptions(address);
  try {
    return new NatsBus(await connect(options), log);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BusUnavailable(`no NATS server at ${[options.servers].flat().join(", ")}: ${why}`, { cause });
  }
}

/**
 * The bus between nodes. The connection asks the server for no echo: what this node says to itself goes through the
 * in-process inbox, so that a home and its own node do not pay for the network, and a fan-out crosses the wire once.
 *
 * The client library forgets what was written around the moment of a disconnection, so a reconnect is always told as a
 * disruption, and whoever keeps sequences asks its peers.
 */
export class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #log: Log;
  readonly #listeners: Listeners;
  readonly #inbox = new Inbox();
  readonly #replies = createInbox();
  readonly #writer: NatsWriter;
  /** Asked of other nodes; those asked of this one do not need the server. */
  readonly #requests = new PendingRequests();
  readonly #ownRequests = new PendingRequests();
  readonly #watching: Promise<void>;
  #state: BusStatus["state"] = "connected";
  #sinceMs = Date.now();
  #published = 0;
  #received = 0;
  #lost = 0;

  constructor(connection: NatsConnection, log: Log) {
    this.#connection = connection;
    this.#writer = new NatsWriter(connection);
    this.#log = log;
    this.#listeners = new Listeners((err, subject) => log.error({ err, subject }, "a bus handler threw"));
    this.#listen(`${this.#replies}.*`, (message, raw) => this.#onReply(message, raw));
    this.#watching = this.#watch();
  }

  get status(): BusStatus {
    return {
      kind: "nats",
      state: this.#state,
      sinceMs: this.#sinceMs,
      subscriptions: this.#listeners.size,
      published: this.#published,
      received: this.#received,
      lost: this.#lost,
      pendingBytes: this.#writer.pendingBytes + this.#inbox.bytes,
    };
  }

  publish(subject: string, data: Uint8Array): void {
    parseSubject(subject, { wildcards: false });
    if (this.#state === "closed") {
      this.#lost++;
      return;
    }
    this.#published++;
    for (const listener of this.#listeners.echoing(subject)) {
      this.#deliverHere(data.byteLength, () => listener.deliver({ subject, data }));
    }
    this.#send({ subject, data });
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription {
    if (this.#state === "closed") throw new BusUnavailable("the bus is closed");
    const { listener, unsubscribe } = this.#listeners.add(subject, onMessage, options);
    const remote = this.#listen(subject, (message) => listener.deliver(message));
    return {
      unsubscribe() {
        unsubscribe();
        remote.unsubscribe();
      },
    };
  }

  request(subject: string, data: Uint8Array, { timeoutMs }: RequestOptions): Promise<Uint8Array> {
    parseSubject(subject, { wildcards: false });
    if (this.#state === "closed") return Promise.reject(new BusUnavailable("the bus is closed"));
    const own = this.#listeners.echoing(subject);
    if (own.length > 0) return this.#askHere(own, { subject, data }, timeoutMs);
    if (this.#state !== "connected") {
      return Promise.reject(new BusUnavailable("the NATS server does not answer"));
    }
    const { token, answer, settle } = this.#requests.open(subject, timeoutMs);
    // Whoever asks is told; nobody has missed anything.
    if (!this.#writer.offer({ subject, data, reply: `${this.#replies}.${token}` })) {
      settle(new BusUnavailable("too much is waiting for the NATS server"));
    }
    return answer;
  }

  async flush(): Promise<void> {
    if (this.#state !== "connected") throw new BusUnavailable(`the bus is ${this.#state}`);
    try {
      const deadline = { timeoutMs: FLUSH_TIMEOUT_MS, clock: systemClock };
      await within("the confirmation", this.#connection.flush(), deadline);
    } catch (cause) {
      throw new BusUnavailable("the NATS server went away", { cause });
    }
    await this.#inbox.drained();
  }

  /** NATS tells nobody's interest to publishers; the server drops what nobody wants. */
  mayReach(): boolean {
    return true;
  }

  onDisruption(listener: (disruption: Disruption) => void): Subscription {
    return this.#listeners.onDisruption(listener);
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    const deadline = { timeoutMs: CLOSE_TIMEOUT_MS, clock: systemClock };
    const onLate = (err: unknown) => this.#log.warn({ err }, "the bus closed before all was sent");
    if (this.#state === "connected") await within("the last flush", this.flush(), deadline).catch(onLate);
    this.#moveTo("closed");
    for (const requests of [this.#requests, this.#ownRequests]) requests.failAll("the bus was closed");
    const ended = Promise.all([this.#connection.close(), this.#watching]);
    await within("the end of the connection", ended, deadline).catch(onLate);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(subject: string, deliver: (message: BusMessage, raw: Msg) => void): NatsSubscription {
    const parts = new PartAssembler();
    return this.#connection.subscribe(subject, {
      callback: (err, raw) => {
        if (err !== null) {
          this.#log.error({ err, subject }, "the NATS server refused a subscription");
          return;
        }
        const data = this.#assemble(parts, raw);
        if (data === undefined) return;
        this.#received++;
        const { reply } = raw;
        const respond = reply
          ? (answer: Uint8Array) => void this.#writer.offer({ subject: reply, data: answer })
          : undefined;
        deliver({ subject: raw.subject, data, respond }, raw);
      },
    });
  }

  #assemble(parts: PartAssembler, { headers: tags, data }: Msg): Uint8Array | undefined {
    const tag = tags?.has(PART_HEADER) ? parsePartTag(tags.get(PART_HEADER)) : undefined;
    if (tag === undefined) return data;
    const lostBefore = parts.lost;
    const whole = parts.accept(tag, data);
    if (parts.lost > lostBefore) this.#overflow(parts.lost - lostBefore);
    return whole;
  }

  #onReply({ subject, data }: BusMessage, raw: Msg): void {
    const nobody = data.byteLength === 0 && raw.headers?.code === NO_RESPONDERS_STATUS;
    const request = this.#requests.find(subject.slice(this.#replies.length + 1));
    request?.settle(nobody ? new NoResponders(request.subject) : data);
  }

  #askHere(own: readonly Listener[], message: BusMessage, timeoutMs: number): Promise<Uint8Array> {
    const { answer, settle } = this.#ownRequests.open(message.subject, timeoutMs);
    const respond = (found: Uint8Array) => this.#deliverHere(found.byteLength, () => settle(found));
    for (const listener of own) {
      this.#deliverHere(message.data.byteLength, () => listener.deliver({ ...message, respond }));
    }
    return answer;
  }

  #deliverHere(bytes: number, run: () => void): void {
    const accepted = this.#inbox.offer(bytes, () => {
      if (this.#state !== "closed") run();
    });
    if (!accepted) this.#overflow(1);
  }

  #send(message: Outgoing): void {
    if (this.#writer.offer(message)) return;
    // While the server is away nobody can repair anything; the loss is told with its return.
    if (this.#state === "reconnecting") this.#lost++;
    else this.#overflow(1);
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) this.#onStatus(status);
  }

  #onStatus(status: Status): void {
    if (this.#state === "closed") return;
    if (status.type === "disconnect") this.#onAway(status.server);
    else if (status.type === "reconnect") this.#onBack(status.server);
    else if (status.type === "staleConnection") giveUpStale(this.#connection);
    else if (status.type === "error") {
      this.#log.warn({ err: status.error }, "the NATS server reported an error");
    } else if (status.type === "close") {
      this.#moveTo("closed");
      this.#requests.failAll("the NATS connection ended for good");
    }
  }

  #onAway(server: string): void {
    if (this.#state === "reconnecting") return;
    this.#moveTo("reconnecting");
    this.#writer.away();
    this.#requests.failAll("the NATS server went away");
    this.#log.warn({ server }, "the NATS server went away; reconnecting");
  }

  #onBack(server: string): void {
    this.#moveTo("connected");
    const { sent, refused } = this.#writer.back();
    this.#log.info({ server, sent, refused }, "the NATS server is back");
    this.#listeners.disrupt({ cause: "reconnected", messagesLost: refused });
  }

  #moveTo(state: BusStatus["state"]): void {
    this.#state = state;
    this.#sinceMs = Date.now();
  }

  #overflow(messagesLost: number): void {
    this.#lost += messagesLost;
    this.#listeners.overflow(messagesLost);
  }
}
