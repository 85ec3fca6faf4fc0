import { NO_CLOSE_FRAME } from "./departure.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { readTexts } from "./wire-frame.ts";

/** How long a poll waits for something to say, as in Phoenix; clients give up after 20 s. */
export const WINDOW_MS = 10_000;
/** What was still to be said when the session was closed waits this long to be fetched. */
const LINGER_MS = 2_000;
/** RFC 6455's "no code was given": a client that stops polling has no way to give one. */
const NO_STATUS = 1005;
const TOO_LARGE = 1009;

/** What a poll is told: messages; nothing for now; or that the session is over, and nothing is lost by opening another. */
export type PollAnswer = { status: 200; messages: string[] } | { status: 204 } | { status: 410 };

/** Deadlines on the monotonic clock. */
interface SessionPulse {
  nowMs(): number;
  schedule(dueMs: number, task: (nowMs: number) => number | undefined): { cancel(): void };
}

interface Waiting {
  answer(answer: PollAnswer): void;
}

/**
 * A connection without a socket: what is written waits to be fetched by the next poll, and what clients post arrives as
 * their messages. At most one poll waits; a newer one takes its place. A poll that the client cuts off ends the session,
 * because no client comes back to it: a browser's tab was closed, or its network failed and it opens another.
 *
 * What was handed to a poll is not kept: like bytes on a socket that breaks, it may be lost with the answer. The bound on
 * what waits is the outbox's.
 */
export class LongPollSession implements Transport {
  readonly kind = "longpoll";
  readonly answersPings = false;
  readonly #pulse: SessionPulse;
  readonly #onGone: () => void;
  #listener: TransportListener | undefined;
  #queue: string[] = [];
  #queuedBytes = 0;
  #waiting: Waiting | undefined;
  #state: "open" | "closing" | "gone" = "open";
  #closeCode = NO_STATUS;
  #linger: { cancel(): void } | undefined;

  /** @param onGone called once, when the session cannot be polled any more */
  constructor(pulse: SessionPulse, onGone: () => void) {
    this.#pulse = pulse;
    this.#onGone = onGone;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  get isAttended(): boolean {
    return this.#waiting !== undefined;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== "open") return false;
    this.#queue.push(...readTexts(bytes));
    this.#queuedBytes += bytes.byteLength;
    this.#waiting?.answer(this.#takeAll());
    return true;
  }

  /** Resolves when there is something to say, or after `WINDOW_MS`. */
  poll(cutOff: AbortSignal): Promise<PollAnswer> {
    this.#listener?.heard(0);
    this.#listener?.prompted();
    this.#waiting?.answer({ status: 204 });
    if (this.#queue.length > 0) {
      const answer = this.#takeAll();
      if (this.#state === "closing") this.#end(this.#closeCode);
      return Promise.resolve(answer);
    }
    if (this.#state !== "open") return Promise.resolve({ status: 410 });
    return this.#wait(cutOff);
  }

  /** One message of the client, as it would have come in a frame. */
  receive(data: Buffer, isBinary: boolean): void {
    this.#listener?.heard(data.byteLength);
    this.#listener?.message(data, isBinary);
  }

  /** More came than one frame may hold, as on a WebSocket. */
  overflow(): void {
    this.#listener?.failed(new RangeError("a posted message is too large"), "FrameTooLarge");
    this.#end(TOO_LARGE);
  }

  close(closeCode: number | undefined): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#closeCode = closeCode ?? NO_STATUS;
    if (this.#queue.length === 0) this.#end(this.#closeCode);
    else this.#linger = this.#pulse.schedule(this.#pulse.nowMs() + LINGER_MS, () => this.#expire());
  }

  terminate(): void {
    this.#end(NO_CLOSE_FRAME);
  }

  #wait(cutOff: AbortSignal): Promise<PollAnswer> {
    return new Promise((resolve) => {
      const onCutOff = () => {
        waiting.answer({ status: 410 });
        this.#end(NO_STATUS);
      };
      const window = this.#pulse.schedule(this.#pulse.nowMs() + WINDOW_MS, () => {
        waiting.answer({ status: 204 });
        return undefined;
      });
      const waiting: Waiting = {
        answer: (answer) => {
          this.#waiting = undefined;
          window.cancel();
          cutOff.removeEventListener("abort", onCutOff);
          // Silence counts from here on: until now the client was there.
          this.#listener?.heard(0);
          resolve(answer);
        },
      };
      this.#waiting = waiting;
      if (cutOff.aborted) onCutOff();
      else cutOff.addEventListener("abort", onCutOff, { once: true });
    });
  }

  #takeAll(): PollAnswer {
    const messages = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return { status: 200, messages };
  }

  #expire(): undefined {
    this.#end(this.#closeCode);
  }

  #end(closeCode: number): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#linger?.cancel();
    this.#waiting?.answer({ status: 410 });
    this.#onGone();
    this.#listener?.gone(closeCode);
  }
}
