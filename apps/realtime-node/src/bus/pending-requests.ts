import { createDeferred } from "../deferred.ts";
import { BusUnavailable, RequestTimeout } from "./bus.ts";

export interface PendingRequest {
  readonly token: string;
  readonly subject: string;
  readonly answer: Promise<Uint8Array>;
  /** The first call counts, later ones are ignored. */
  settle(outcome: Uint8Array | Error): void;
}

/** Questions of one bus that wait for their answer, each with its own deadline. */
export class PendingRequests {
  readonly #open = new Map<string, PendingRequest>();
  #count = 0;

  open(subject: string, timeoutMs: number): PendingRequest {
    const token = String(++this.#count);
    const { promise: answer, resolve, reject } = createDeferred<Uint8Array>();
    const request = {
      token,
      subject,
      answer,
      settle: (outcome: Uint8Array | Error) => {
        clearTimeout(timer);
        this.#open.delete(token);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
    };
    const timer = setTimeout(() => request.settle(new RequestTimeout(subject, timeoutMs)), timeoutMs);
    this.#open.set(token, request);
    return request;
  }

  find(token: string): PendingRequest | undefined {
    return this.#open.get(token);
  }

  failAll(message: string): void {
    for (const { settle } of [...this.#open.values()]) settle(new BusUnavailable(message));
  }
}
