/** One message as a subscriber sees it. `data` may be shared with other subscribers: nobody writes to it. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** There when the sender waits for an answer; the first answer counts, later ones are ignored. */
  respond?(data: Uint8Array): void;
}

export interface SubscribeOptions {
  /** Whether messages published through this same bus object are delivered here as well. Default: true. */
  echo?: boolean;
}

export interface Subscription {
  /** No message is delivered after this returns. Unsubscribing twice is harmless. */
  unsubscribe(): void;
}

export interface RequestOptions {
  timeoutMs: number;
}

/** Something between nodes may have been lost; who keeps sequences or state asks its peers now. */
export interface Disruption {
  cause: "reconnected" | "overflow" | "too-large";
  /** Messages known to be lost; 0 when nobody can know. */
  messagesLost: number;
}

export interface BusStatus {
  kind: "memory" | "nats";
  state: "connected" | "reconnecting" | "closed";
  sinceMs: number;
  subscriptions: number;
  published: number;
  received: number;
  /** Messages refused because a bound was reached or the bus was closed. */
  lost: number;
  /** Bytes accepted that the other side has not confirmed yet. */
  pendingBytes: number;
}

/**
 * How nodes talk. Subjects are dot-separated tokens; a subscription may use `*` for one token and a final `>` for one
 * or more.
 *
 * Promised: messages of one bus arrive in the order of `publish` at every subscriber, at most once, never inside the
 * call of `publish`; an answer does not overtake what its sender published before it. Not promised: an order between two buses, or delivery across a disruption (see `onDisruption`).
 */
export interface Bus extends AsyncDisposable {
  /**
   * Never waits: what cannot be sent is counted in `status.lost` and told as a disruption.
   *
   * @throws RangeError when `subject` is not one: a bug
   */
  publish(subject: string, data: Uint8Array): void;
  /** @throws BusUnavailable when the bus is closed */
  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription;
  /**
   * The first answer. A subscriber on this same bus (unless it asked for `echo: false`) is preferred to all others, so
   * that a project whose home is this node does not depend on the network.
   *
   * Rejects with NoResponders at once, RequestTimeout at the deadline, BusUnavailable when nothing can be sent.
   */
  request(subject: string, data: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /**
   * Resolves when everything published and subscribed before has reached the other side. Rejects with BusUnavailable.
   */
  flush(): Promise<void>;
  /** False only when surely no other bus listens to `subject`; lets callers skip encoding. */
  mayReach(subject: string): boolean;
  onDisruption(listener: (disruption: Disruption) => void): Subscription;
  readonly status: BusStatus;
  /** Sends what is pending, then ends; bounded by two seconds. */
  close(): Promise<void>;
}

/** Nobody listens to the subject. */
export class NoResponders extends Error {
  override readonly name = "NoResponders";
  constructor(subject: string) {
    super(`nobody answers on ${subject}`);
  }
}

/** Somebody listens, but did not answer in time. */
export class RequestTimeout extends Error {
  override readonly name = "RequestTimeout";
  constructor(subject: string, timeoutMs: number) {
    super(`no answer on ${subject} within ${timeoutMs} ms`);
  }
}

/** The bus is closed, disconnected or overloaded: nothing was sent. */
export class BusUnavailable extends Error {
  override readonly name = "BusUnavailable";
}

/** Whether a question found no answer, for whatever usual reason; anything else is a fault of whoever asked. */
export function isUnanswered(error: unknown): boolean {
  return [NoResponders, RequestTimeout, BusUnavailable].some((usual) => error instanceof usual);
}
