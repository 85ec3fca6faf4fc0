import {
  decodeHistoryAnswer,
  encodeHistoryAnswer,
  type HistoryAnswer,
  HistoryRequest,
} from "@tidewire/protocol/cluster/history";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { type Bus, type BusMessage, isUnanswered, type Subscription } from "../bus/bus.ts";
import type { Log } from "../log.ts";
import { Turnstile } from "./turnstile.ts";

/** Questions of this node that may be open at once; a node that opens thousands of rooms asks in turn. */
const QUESTIONS_MAX = 64;
/** Beyond this the answer would come too late to be of use: the question counts as not answered. */
const WAITING_MAX = 50_000;

/** Asks other nodes for what they have of a room. */
export class HistoryClient {
  readonly #bus: Pick<Bus, "request">;
  readonly #log: Log;
  readonly #turnstile = new Turnstile(QUESTIONS_MAX);

  constructor(bus: Pick<Bus, "request">, log: Log) {
    this.#bus = bus;
    this.#log = log;
  }

  /** Undefined when that node did not answer in time, which its peers take as an answer. */
  async ask(boot: string, request: HistoryRequest, timeoutMs: number): Promise<HistoryAnswer | undefined> {
    if (this.#turnstile.waiting >= WAITING_MAX) return undefined;
    return this.#turnstile.pass(() => this.#ask(boot, request, timeoutMs));
  }

  async #ask(boot: string, request: HistoryRequest, timeoutMs: number): Promise<HistoryAnswer | undefined> {
    const question = new TextEncoder().encode(JSON.stringify(request));
    try {
      return decodeHistoryAnswer(await this.#bus.request(subjects.history(boot), question, { timeoutMs }));
    } catch (err) {
      if (!isUnanswered(err)) this.#log.warn({ err, boot }, "a node could not be asked for its history");
      return undefined;
    }
  }
}

interface Served {
  boot: string;
  log: Log;
  answer(request: HistoryRequest): HistoryAnswer;
}

/** Answers the questions of other nodes. The caller ends it. */
export function serveHistory(bus: Pick<Bus, "subscribe">, { boot, log, answer }: Served): Subscription {
  const onRequest = ({ data, respond }: BusMessage) => {
    const request = parseRequest(data);
    if (request === undefined) log.warn({ bytes: data.byteLength }, "a history request could not be read");
    else respond?.(encodeHistoryAnswer(answer(request)));
  };
  return bus.subscribe(subjects.history(boot), onRequest, { echo: false });
}

function parseRequest(data: Uint8Array): HistoryRequest | undefined {
  try {
    return HistoryRequest.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
}
